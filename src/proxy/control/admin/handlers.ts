/** What each endpoint of the contract does. One function per endpoint; who may call it was decided before. */
import type { ExplainReply, ExplainRequest } from '../../../admin/contract/shapes.ts';
import { effectiveSettings, settingBlocks } from '../../../config/origin.ts';
import { printConfig } from '../../../config/print.ts';
import { explainRoute } from '../../../routing/explain.ts';
import { handlingOf } from '../../../routing/handling.ts';
import type { DiskWatch } from '../disk-watch.ts';
import type { Reloader } from '../reload.ts';
import { type AlertContext, makeAlertHandlers } from './alert-handlers.ts';
import { type BlockContext, makeBlockHandlers } from './block-handlers.ts';
import type { Call, Handlers } from './call.ts';
import { type ClientContext, clientsView } from './client-views.ts';
import { type CertContext, makeCertHandlers } from './cert-handlers.ts';
import { type CommitContext, makeCommitHandlers } from './commit-handlers.ts';
import { type DrainContext, makeDrainHandlers } from './drain-handlers.ts';
import { type EventContext, makeEventHandlers } from './event-handlers.ts';
import { type HistoryContext, makeHistoryHandlers } from './history-handlers.ts';
import { makeHealthHandlers } from './health-handlers.ts';
import { type LogContext, makeLogHandlers } from './log-handlers.ts';
import { makeOverrideHandlers, type OverrideContext, pagesBefore } from './override-handlers.ts';
import { makePlanHandlers, type PlanHandlerContext } from './plan-handlers.ts';
import { AdminProblem } from './problem.ts';
import { makeRequestHandlers, type RequestContext } from './request-handlers.ts';
import { type RuntimeContext, runtimeView } from './runtime-view.ts';
import { readChoice, trafficView } from './traffic-views.ts';
import type { HealthContext } from './upstream-views.ts';
import { makeUpgradeHandlers, type UpgradeContext } from './upgrade-handlers.ts';
import { makeWorkerHandlers, type WorkerContext } from './worker-handlers.ts';
import { routesView, statusView } from './views.ts';

export interface HandlerContext
  extends AlertContext,
    BlockContext,
    CertContext,
    ClientContext,
    CommitContext,
    DrainContext,
    EventContext,
    HealthContext,
    HistoryContext,
    OverrideContext,
    PlanHandlerContext,
    RequestContext,
    LogContext,
    RuntimeContext,
    UpgradeContext,
    WorkerContext {
  readonly disk: DiskWatch;
  readonly reloader: Reloader;
}

export function makeHandlers(context: HandlerContext): Handlers {
  const { view, disk, reloader, streams } = context;
  const { summary, ...certHandlers } = makeCertHandlers(context);
  return {
    ...makeHealthHandlers(context),
    ...makeHistoryHandlers(context),
    ...makeAlertHandlers(context),
    ...makeBlockHandlers(context),
    ...makeCommitHandlers(context),
    ...makeDrainHandlers(context),
    ...makeEventHandlers(context),
    ...makeOverrideHandlers(context),
    ...makePlanHandlers(context),
    ...makeRequestHandlers(context),
    ...makeLogHandlers(context),
    ...makeUpgradeHandlers(context),
    ...makeWorkerHandlers(context),
    ...certHandlers,
    status: async () => statusView(view, await disk.look(view.state.applied.digest), await summary()),
    identity: async ({ actor, role, via }) => ({ actor, role, via }),
    traffic: async ({ query }) => trafficView(view, readChoice(query, view)),
    routes: async () => routesView(view),
    clients: async ({ query }) => clientsView(context, query),
    runtime: () => runtimeView(context),
    stream: async ({ query, lastEventId }) => streams.open(query, lastEventId),
    config: async ({ query }) => {
      const { loaded, generation, digest } = view.state.applied;
      const form = query.get('form') ?? 'kdl';
      if (form !== 'kdl' && form !== 'json') {
        throw new AdminProblem(400, 'SNT-A008', `form is ${JSON.stringify(form)}, expected kdl or json`);
      }
      const block = query.get('block');
      if (block !== null && (form !== 'json' || !settingBlocks.includes(block))) {
        const known = `one of ${settingBlocks.join(', ')}, with form=json`;
        throw new AdminProblem(400, 'SNT-A008', `block is ${JSON.stringify(block)}, expected ${known}`);
      }
      if (block !== null)
        return { generation, digest, form, text: '', settings: effectiveSettings(loaded, true, block) };
      return {
        generation,
        digest,
        form,
        text: printConfig(loaded, { origin: query.get('origin') === '1', hideSecrets: true }),
        ...(form === 'json' ? { settings: effectiveSettings(loaded, true) } : {}),
      };
    },
    'routes-explain': async (call) => explain(context, call),
    'config-reload': async ({ actor, reason }) => {
      const { result, generation, digest, durationMs, problems, warnings, code, hint } = await reloader.request(
        actor,
        reason,
      );
      if (code !== null || result !== 'completed') {
        const detail =
          problems.length === 1 ? (problems[0] as string) : `the configuration has ${problems.length} mistakes`;
        throw new AdminProblem(result === 'refused' ? 409 : 422, code ?? 'SNT-P011', detail, { hint, problems });
      }
      return { result, generation, digest, duration_ms: durationMs, warnings };
    },
  };
}

async function explain(context: HandlerContext, { body }: Pick<Call, 'body'>): Promise<ExplainReply> {
  // Loaded with the first body that needs checking: most daemons never see one.
  const { checkExplainRequest } = await import('../../../admin/contract/bodies.ts');
  const checked = checkExplainRequest(body);
  if (!checked.ok) {
    throw new AdminProblem(400, 'SNT-A008', 'the body is not a request to explain', { problems: checked.problems });
  }
  const { config } = context.state.applied;
  const request: ExplainRequest = checked.value;
  const listener =
    request.listener === undefined ? config.listeners[0] : config.listeners.find(({ id }) => id === request.listener);
  if (request.listener !== undefined && listener === undefined) {
    throw new AdminProblem(400, 'SNT-A008', `there is no listener ${JSON.stringify(request.listener)}`);
  }
  const headers = request.headers ?? [];
  const { host, path, query } = splitUrl(request.url, headers);
  const found = explainRoute(config.routes, {
    method: request.method,
    host,
    path,
    query,
    clientIp: request.client_ip ?? '127.0.0.1',
    headers,
    defaultRoute: listener?.defaultRoute ?? null,
    ownPaths: [config.server.healthPath, config.server.readyPath],
  });
  const taken = config.routes.find(({ id }) => id === found.route);
  return {
    ...found,
    handling: taken === undefined ? [] : [...pagesBefore(context, taken.id), ...handlingOf(config, taken, found.path)],
  };
}

/** Taken apart by hand: `URL` would repair what the proxy refuses. */
function splitUrl(
  url: string,
  headers: readonly (readonly [string, string])[],
): { host: string; path: string; query: string } {
  const absolute = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(url);
  const rest = absolute === null ? url : (absolute[2] as string);
  const authority = absolute?.[1] ?? headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
  const mark = rest.indexOf('?');
  const path = mark === -1 ? rest : rest.slice(0, mark);
  return {
    host: authority.replace(/:\d*$/, ''),
    path: path === '' ? '/' : path,
    query: mark === -1 ? '' : rest.slice(mark + 1),
  };
}

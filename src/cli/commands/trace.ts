/** `sentinel trace ID`: one request through every record, log and try. */
import { SentinelError } from '../../base/errors.ts';
import { exitCodes } from '../../base/exit-codes.ts';
import type { Finding, Invocation, Outcome } from '../command.ts';
import { chooseConfig, loadChoice } from '../config-choice.ts';
import { daemonOf } from '../daemon.ts';
import { traceSources } from '../requests/trace-sources.ts';
import { traceText } from '../requests/trace-text.ts';

const LONGEST_ID = 256;

export async function run(invocation: Invocation): Promise<Outcome> {
  const id = invocation.argument('id') ?? '';
  if (id === '' || id.length > LONGEST_ID) {
    throw new SentinelError('SNT-P040', `an id has 1 to ${LONGEST_ID} characters`, { hint: 'sentinel requests' });
  }
  const traced = await traceSources(daemonOf(invocation), id, () => configuredAccessLog(invocation));
  const { looked_at: looked } = traced;
  const blind = looked.filter(({ fault }) => fault !== null);
  const found = looked.some((one) => one.found > 0);
  const exitCode = blind.length > 0 ? exitCodes.unknown : found ? exitCodes.ok : exitCodes.problems;
  return {
    kind: 'report',
    exitCode,
    status: blind.length > 0 ? 'unknown' : found ? 'ok' : 'problems',
    data: traced,
    findings: found || blind.length > 0 ? [] : [unknown(id)],
    warnings: blind.map(({ what, fault }) => `${what}: ${fault}`),
    text: (style) => traceText(traced, style),
  };
}

function unknown(id: string): Finding {
  return {
    code: 'SNT-P050',
    severity: 'error',
    title: 'nothing known of this request',
    detail: `no source knows a request ${JSON.stringify(id)}: a good and quick one is kept by sample only, unless there is an access log`,
    suggestion: { text: 'sentinel explain SNT-P050', command: 'sentinel explain SNT-P050' },
  };
}

/** Where no daemon says which file it is. @throws SentinelError when that is not known either */
function configuredAccessLog(invocation: Invocation): string | null {
  const choice = chooseConfig(invocation);
  const loaded = loadChoice(invocation, choice);
  const where = choice.path ?? 'the built-in configuration';
  if (loaded.kind !== 'ok')
    throw new SentinelError('SNT-A001', `no daemon answered, and ${where} does not say where it is`);
  const { enabled, file } = loaded.config.observability.logging.accessLog;
  return enabled && file !== null && file !== 'stdout' ? file : null;
}

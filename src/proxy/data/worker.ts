/** Entry of a worker thread: gives the data plane its messages and tells the main thread what came of them. */
import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../base/clock.ts';
import { errnoOf } from '../../base/errors.ts';
import { viewCell, workerFields } from '../shared/cells.ts';
import { collectGarbage } from '../shared/garbage.ts';
import { LogRing } from '../shared/log-ring.ts';
import type { FromWorker, ToWorker, WorkerStart } from '../shared/messages.ts';
import type { Question } from '../shared/questions.ts';
import { RequestCounter } from '../shared/request-counts.ts';
import { ThreadWatch } from '../shared/thread-watch.ts';
import { DataPlane } from './data-plane.ts';
import { TraceIds } from './trace-ids.ts';

/** The main thread misses the beat after several seconds; a busy loop must not look like a dead one. */
const BEAT_MS = 500;

const port = parentPort;
if (port === null) throw new Error('worker.ts runs as a worker thread of the daemon only');
const start = workerData as WorkerStart;
const say = (message: FromWorker): void => port.postMessage(message);

const cell = viewCell(start.segments, start.cell, start.worker);

const plane = new DataPlane({
  worker: start.worker,
  cell,
  records: start.records,
  spans: start.spans,
  clock: systemClock,
  random: Math.random,
  ids: new TraceIds((bytes) => randomBytes(bytes).toString('hex')),
  counter: new RequestCounter(start.requestCounts),
  logRing: new LogRing(start.logRing),
  stdoutPrefix: start.stdoutPrefix,
  report: say,
});

const thread = new ThreadWatch(systemClock, false);
systemClock.every(BEAT_MS, () => void Atomics.add(cell.shared, workerFields.beat, 1));

port.on('message', (message: ToWorker) => void hear(message));

async function hear(message: ToWorker): Promise<void> {
  switch (message.kind) {
    case 'prepare': {
      const { plan, segments, sole, inherited } = message;
      const { serial } = plan;
      try {
        const listeners = await plane.prepare(plan, segments, { sole, inherited });
        say({ kind: 'prepared', serial, ok: true, listeners });
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        say({ kind: 'prepared', serial, ok: false, error: { code: errnoOf(error) ?? 'internal', message: text } });
      }
      return;
    }
    case 'commit':
      plane.commit();
      say({ kind: 'committed', serial: message.serial });
      return;
    case 'abandon':
      await plane.abandon();
      return;
    case 'drain':
      say({ kind: 'drained', cut: await plane.drain(message.order) });
      return;
    case 'readiness':
      plane.setReadiness(message.ready, message.body);
      return;
    case 'debug':
      plane.setDebug(message.on);
      return;
    case 'reopen-logs':
      await plane.reopenLogs();
      return;
    case 'tap':
      plane.tap(message.filters);
      return;
    case 'ask':
      say({ kind: 'answer', serial: message.serial, answer: answerTo(message.question) });
      return;
    case 'collect-garbage': {
      const fields = { event: 'garbage_collection', freed_bytes: collectGarbage() };
      say({ kind: 'log', level: 'info', message: 'Garbage collected', fields });
      return;
    }
  }
}

function answerTo(question: Question): unknown {
  return question.kind === 'runtime' ? thread.report() : plane.answer(question);
}

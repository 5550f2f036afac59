/** Codes of range U: what is found of upstreams, targets and breakers. */
import type { CodeFacts } from '../code-facts.ts';

export const upstreamCodes = {
  'SNT-U001': {
    title: 'target down',
    meaning:
      'A target takes no requests, because its health check fails or because too many requests to it failed. The others of its upstream take its share.',
    remedy:
      'The reason stands beside it: L4CON means that nothing listens there, L4TMOUT that nothing answers at all, L6TLS that its certificate is not believed or TLS does not come about, L7STS that the application itself says no. `sentinel check UPSTREAM` asks once more, now.',
  },
  'SNT-U002': {
    title: 'upstream has too few targets',
    meaning:
      'No target of an upstream takes requests, so that its routes answer 503 or go to their fallback-upstream; or fewer do than `min-healthy` says.',
    remedy:
      'See why with `sentinel upstreams NAME`. Until a target is back, a `fallback-upstream` in the route, or a critical route to `emergency-static`, answers instead.',
  },
  'SNT-U003': {
    title: 'circuit breaker open',
    meaning:
      'Requests to a target or of a route failed so often in a row that no more are sent; after its timeout a few may try. A breaker that was opened by command stays open until it is reset.',
    remedy: '`sentinel breakers` says why and for how long; `sentinel breakers reset ID` closes one at once.',
  },
  'SNT-U004': {
    title: 'upstream could not be checked',
    meaning:
      'An upstream has no target now, for example because its name has no address, or the proxy had no file descriptor or port left to ask with.',
    remedy:
      'See the addresses of its targets with `sentinel upstreams NAME`, and the log of the daemon for what it lacks.',
  },
  'SNT-U005': {
    title: 'drain would leave too few targets',
    meaning:
      'Without the target fewer of its upstream would take requests than `min-healthy` says; those that are down or drain already do not count. Nothing was drained.',
    remedy:
      'Bring another target back first: `sentinel upstreams` shows which are out and why, `sentinel drains` who drains what. If it has to be: `--allow-below-min` with `--confirm=TARGET`.',
  },
  'SNT-U006': {
    title: 'no such target',
    meaning: 'No upstream has a target of that address or name, or the upstream that was named has none.',
    remedy:
      '`sentinel upstreams` lists them. A target is named `10.1.1.10:8080`, `[::1]:8080`, `name:8080` or `upstream/target`; a pattern such as `10.1.1.*` needs `--all`.',
  },
  'SNT-U007': {
    title: 'no such drain',
    meaning: 'There is no drain of that name in force, or the target does not drain.',
    remedy: '`sentinel drains` lists those in force and those that ended not long ago.',
  },
  'SNT-U008': {
    title: 'target not fit to come back',
    meaning: 'Before a drained target takes requests again its health check has to pass, and just now it did not.',
    remedy:
      '`sentinel check UPSTREAM` asks once more and says what came. When the target is up, undrain it again; `--force` takes it back unasked.',
  },
  'SNT-U009': {
    title: 'drain not over in time',
    meaning: 'The deadline of a drain passed while the target still worked on requests.',
    remedy:
      'What happened then is what `--on-timeout` says: `wait` goes on draining, `close` cuts what is left, `restore` takes the target back. `sentinel drains ID` shows what it waits for.',
  },
  'SNT-U010': {
    title: 'several targets match',
    meaning: 'A pattern means more than one target or may come to; that several go at once has to be said.',
    remedy: 'Give `--all` and `--confirm` with the pattern, or name one target.',
  },
  'SNT-U011': {
    title: 'rolling drain stopped',
    meaning:
      'The command that was to run for a drained target failed, or the target did not come back afterwards. The target stays drained and the others were left alone.',
    remedy:
      'Put the target right, take it back with `sentinel undrain TARGET`, and go on with `--resume` and the transcript that the command named.',
  },
  'SNT-U012': {
    title: 'drain and file do not fit together',
    meaning:
      'Weight 0 or a removal could not be written into the file, or the weights from before could not be put back: the target does not stand there as it was named, or the file could not be changed. What the drain does to traffic holds all the same.',
    remedy:
      'Look at the reason that stands beside it. Where the file differs from what runs, `sentinel reload` first; a name is drained by its name, not by one of its addresses.',
  },
} as const satisfies Record<string, CodeFacts>;

/** Codes of what a diagnosis finds: of the process and its machine (P08x on), of traffic (E), of targets (U02x), of runbooks (R). */
import type { CodeFacts } from '../code-facts.ts';

export const diagnosisCodes = {
  'SNT-E001': {
    title: 'connection limit reached',
    meaning: 'As many client connections are open as a limit allows; new ones are closed or answered 503.',
    remedy:
      'See who holds them (`sentinel clients`, `sentinel inflight`); raise the limit for a while with `sentinel override limits max-total-connections=N --for 30m`.',
  },
  'SNT-E002': {
    title: 'upstream sends what is no HTTP',
    meaning:
      'Targets accept connections and answer with bytes that are not a valid response, which clients get as 502.',
    remedy:
      'Look at the log of the application; check that the address is the one of an HTTP server (`sentinel check`, `curl -v`).',
  },
  'SNT-E003': {
    title: 'upstream closes connections',
    meaning: 'Targets close or reset connections before their answer is complete, which clients get as 502.',
    remedy:
      'Look for crashes and restarts in the log of the application; an idle timeout of the target that is shorter than that of the pool does the same.',
  },
  'SNT-E004': {
    title: 'upstream does not answer in time',
    meaning: 'Targets take longer than the timeouts of their routes, which clients get as 504.',
    remedy: 'Find what the target waits for; raise the timeout for a while with `sentinel override timeout`.',
  },
  'SNT-E005': {
    title: 'upstream answers with errors',
    meaning: 'The 5xx that clients get are answers of the targets themselves; the proxy passes them on.',
    remedy: 'Look at the log of the application; if only some targets do it, `sentinel drain` them.',
  },
  'SNT-E006': {
    title: 'proxy fails',
    meaning: 'Requests end with 500 by a defect of the proxy itself (cause `internal`).',
    remedy:
      'The log has the error of each: `sentinel logs --filter level=error`. If it goes on, `sentinel restart --workers`, or back to the version before.',
  },
  'SNT-E007': {
    title: 'connections to upstream used up',
    meaning:
      'Requests wait for a connection to a target until the queue is full or their time is over, which clients get as 503.',
    remedy: 'Find why targets are slow; or raise `connection-pool { max-connections }` of the upstream.',
  },
  'SNT-E008': {
    title: 'rate limit refuses ordinary clients',
    meaning: 'A rate limit refuses a large part of the requests, and no single client stands out.',
    remedy: 'Raise it for a while with `sentinel override rate-limit`, then in the file.',
  },
  'SNT-E009': {
    title: 'limit of requests in flight reached',
    meaning: 'As many requests are under way as `limits { max-in-flight-requests }` allows; the others get 503.',
    remedy: 'Find what is slow (`sentinel inflight`); or raise the limit with `sentinel override limits`.',
  },
  'SNT-E010': {
    title: 'error rate above its threshold',
    meaning: 'More answers with status 500 and above than `alerts { error-rate-percent }` allows.',
    remedy: 'The causes stand beside it; `sentinel requests --errors` shows single ones.',
  },
  'SNT-E011': {
    title: 'latency above its threshold',
    meaning: 'The 99th percentile of the time to answer is above `alerts { p99-ms }`.',
    remedy: 'Where the time goes stands beside it; `sentinel requests --slow` shows single requests.',
  },
  'SNT-E012': {
    title: 'guard cannot decide',
    meaning:
      'What a guard of a route needs (the shared store of a rate limit) does not answer, and its failure-mode is closed: 503.',
    remedy: 'Bring the store back; or let requests through without it: `failure-mode "open"`.',
  },
  'SNT-E013': {
    title: 'no route takes the requests',
    meaning: 'A large part of the requests matches no route and gets 404 by the proxy, and that was not so before.',
    remedy: '`sentinel config diff` shows what the last change did; `sentinel config rollback` goes back.',
  },
  'SNT-E014': {
    title: 'override does harm',
    meaning: 'A value that somebody set at run time fits the errors that are seen now.',
    remedy: '`sentinel override list` shows who and why; `sentinel override clear` takes it back.',
  },
  'SNT-E015': {
    title: 'maintenance is on',
    meaning: 'Requests are answered with the maintenance page, by order of an operator.',
    remedy: '`sentinel maintenance` shows by whom, why and until when; `sentinel maintenance off` ends it.',
  },
  'SNT-E016': {
    title: 'one client sends most',
    meaning:
      'A single address or network sends a share of the requests far beyond all others, and clients are hurt by it.',
    remedy:
      '`sentinel block add ADDRESS --for 1h --reason "…"`, or a tighter rate limit: `sentinel override rate-limit`.',
  },
  'SNT-E017': {
    title: 'many new clients at once',
    meaning: 'Far more requests than usual come from many addresses that were not seen before.',
    remedy:
      'Tighten limits with `sentinel override limits` and `sentinel override rate-limit`; turn on `security { challenge-mode }`; ask the provider for help.',
  },
  'SNT-E018': {
    title: 'upstream is slow',
    meaning: 'Most of the time of a request is spent waiting for the answer of the target.',
    remedy:
      'Look at the application and what it waits for; `sentinel upstreams` shows the slowest target, `sentinel drain` takes it out.',
  },
  'SNT-E019': {
    title: 'proxy is short of processor time',
    meaning: 'Requests wait in the proxy itself, whose threads are busy all the time.',
    remedy:
      'Find what costs so much (`sentinel status --runtime`); more workers or cores; fewer requests by a rate limit.',
  },
  'SNT-E020': {
    title: 'event loop is blocked',
    meaning: 'A thread of the proxy computes for long stretches, in which everything it carries waits.',
    remedy:
      '`sentinel status --runtime` shows which; a large regular expression or an access-log filter may be the reason; `sentinel restart --workers`.',
  },
  'SNT-E021': {
    title: 'garbage collection takes much time',
    meaning: 'A thread spends a large part of its time collecting memory.',
    remedy:
      'Memory is short or used up quickly: see `sentinel status --runtime`; lower limits, or give the process more.',
  },
  'SNT-E022': {
    title: 'ordinary clients are blocked or challenged',
    meaning:
      'A large part of the requests is refused with 403 by the block list or by the challenge, and no single client stands out.',
    remedy:
      '`sentinel block list` shows what is blocked at run time; `security { block … }` and `challenge-mode` of the file are the rest.',
  },
  'SNT-E023': {
    title: 'a limit of requests refuses ordinary clients',
    meaning:
      'A large part of the requests is refused with 413, 414 or 431: bodies, targets or header sections are larger than `limits` or `max-body-size` allow.',
    remedy: 'Raise the limit of what is refused; `sentinel config print --origin` shows where it is set.',
  },
  'SNT-P080': {
    title: 'daemon was not started',
    meaning: 'No daemon runs, and nothing says that one ever did with this configuration.',
    remedy: '`systemctl start sentinel`, or `sentinel run -c FILE`.',
  },
  'SNT-P081': {
    title: 'daemon was killed',
    meaning: 'The daemon ended without saying so: a signal that cannot be caught, or a crash of the runtime.',
    remedy:
      'Start it again; who sent the signal may stand in the audit log of the machine (`ausearch -k kill`) or in the history of the shell.',
  },
  'SNT-P082': {
    title: 'daemon was killed for want of memory',
    meaning: 'The kernel ended the daemon because its group or the machine had no memory left.',
    remedy: 'Give it more memory, or bound what it uses: `limits { max-memory-bytes }`, fewer connections.',
  },
  'SNT-P083': {
    title: 'daemon does not start: configuration',
    meaning: 'The last start was refused because the configuration has mistakes, or the next one would be.',
    remedy: '`sentinel validate` shows every mistake; `sentinel config rollback` goes back to the one before.',
  },
  'SNT-P084': {
    title: 'disk full',
    meaning: 'A place that the daemon writes to has no room, no inodes, or is read-only.',
    remedy: 'Make room (`df -h`, `du -xhd1 /var | sort -h`), rotate logs, then start again.',
  },
  'SNT-P085': {
    title: 'daemon does not start: certificate',
    meaning: 'A certificate or key that the configuration names cannot be used, so the daemon does not start.',
    remedy: '`sentinel cert-check` says what is wrong with each; put the right pair there and start again.',
  },
  'SNT-P086': {
    title: 'daemon does not start: file not readable',
    meaning: 'The user of the daemon may not read a file that it needs, or may not write where it has to.',
    remedy:
      'The message names the file, its owner and mode; give the user the right (`chgrp sentinel FILE && chmod 0640 FILE`).',
  },
  'SNT-P087': {
    title: 'daemon crashed',
    meaning: 'The daemon ended by a defect of its own and left a record of it.',
    remedy: 'Keep the record, start again, go back to the version before if it comes again.',
  },
  'SNT-P088': {
    title: 'daemon was stopped',
    meaning: 'Somebody asked the daemon to end, and it did in an orderly way.',
    remedy: 'If nobody meant that, start it again; `journalctl -u sentinel` shows by which unit or signal.',
  },
  'SNT-P089': {
    title: 'machine was started anew',
    meaning: 'The daemon ran before the machine was started the last time, and nothing has started it since.',
    remedy: '`systemctl enable --now sentinel`.',
  },
  'SNT-P090': {
    title: 'worker is stuck',
    meaning: 'A worker thread does not come back from what it does; connections that the kernel gives to it wait.',
    remedy:
      '`sentinel restart --workers` puts others in their place; if the process does not answer at all, `kill -9` and start.',
  },
  'SNT-P091': {
    title: 'process is stopped by a signal',
    meaning: 'The daemon is frozen (state T): a SIGSTOP, a debugger, or the freezer of its group.',
    remedy: '`kill -CONT PID` lets it go on.',
  },
  'SNT-P092': {
    title: 'health path is answered by something else',
    meaning: 'The path that health checks ask for is not answered by the proxy itself: a route takes it.',
    remedy:
      '`sentinel route explain GET /health` names the route; take its exact path away or change `server { health-path }`.',
  },
  'SNT-P093': {
    title: 'daemon is shutting down',
    meaning: 'The daemon was told to end, takes no new connections and waits for work in flight.',
    remedy: '`sentinel inflight` shows what it waits for; a second TERM forces; start it again if nobody meant that.',
  },
  'SNT-P094': {
    title: 'control plane does not answer',
    meaning: 'The process lives and serves, and its admin API does not answer: its main thread is stuck.',
    remedy:
      'Traffic goes on without it; keep what the log says, then `sentinel upgrade` or a restart when traffic allows.',
  },
  'SNT-P095': {
    title: 'daemon listens elsewhere',
    meaning: 'The configuration names an address that the running daemon does not listen on.',
    remedy: '`sentinel config diff running disk` shows the difference; `sentinel reload` applies the file.',
  },
  'SNT-P096': {
    title: 'listens on loopback only',
    meaning: 'Every listener is bound to a loopback address, so that no other machine can connect.',
    remedy: 'Bind to `0.0.0.0:PORT` or to an address of this machine, then `sentinel reload`.',
  },
  'SNT-P097': {
    title: 'accept queue overflows',
    meaning: 'Connections come faster than they are accepted, and the kernel drops them.',
    remedy: 'Look whether a worker is stuck; raise `backlog` of the listener and `net.core.somaxconn`.',
  },
  'SNT-P098': {
    title: 'open files used up',
    meaning: 'The process has nearly as many files and sockets open as it may, so that it cannot take connections.',
    remedy: 'Raise `LimitNOFILE=` of the unit (`ulimit -n`), then restart; `sentinel clients` shows who holds them.',
  },
  'SNT-P099': {
    title: 'firewall rule touches a port of ours',
    meaning: 'A rule of this machine drops or refuses what comes to a port that the daemon listens on.',
    remedy: 'The rule stands beside it; see whether it is meant (`nft list ruleset`, `iptables -S`).',
  },
  'SNT-P100': {
    title: 'local ports used up',
    meaning: 'Nearly all local ports towards a target are in use, so that no connection to it can be opened.',
    remedy:
      'Reuse connections (`connection-pool { max-idle }`), widen `net.ipv4.ip_local_port_range`, set `net.ipv4.tcp_tw_reuse = 1`.',
  },
  'SNT-P101': {
    title: 'requests refused to save memory',
    meaning: 'The process uses more than `limits { max-memory-bytes }` and refuses new requests.',
    remedy:
      'See what holds memory (`sentinel inflight`, `sentinel status --runtime`); lower connection limits with `sentinel override limits`.',
  },
  'SNT-P102': {
    title: 'memory nearly used up',
    meaning: 'The process or its group uses more of its memory than `alerts { memory-percent }` allows.',
    remedy: 'Lower limits for a while (`sentinel override limits`), then `sentinel restart --workers`.',
  },
  'SNT-P103': {
    title: 'clock is wrong',
    meaning: 'The clock of this machine is far from what files and certificates bear, or nobody keeps it right.',
    remedy: '`timedatectl` shows who keeps it; set it right before trusting what certificates and logs say.',
  },
  'SNT-P104': {
    title: 'configuration cannot be read',
    meaning:
      'The file that the daemon was started with is not there any more, or its user may not read it. What runs goes on.',
    remedy: 'Put it back: `sentinel config print` writes what runs; check owner and mode before the next restart.',
  },
  'SNT-P105': {
    title: 'file on disk is not what runs',
    meaning: 'The configuration was changed on disk and not taken over.',
    remedy: '`sentinel config diff running disk` shows what would change; `sentinel reload` takes it over.',
  },
  'SNT-P106': {
    title: 'processor time is held back',
    meaning: 'The group of the daemon uses up its share of processor time and has to wait.',
    remedy: 'Raise `CPUQuota=` of the unit or the limit of the container, or lower the load.',
  },
  'SNT-U020': {
    title: 'target refuses connections',
    meaning: 'Nothing listens on the address of the target.',
    remedy:
      'Start the application there; until then `sentinel drain` or `sentinel target remove` keeps tries away from it.',
  },
  'SNT-U021': {
    title: 'name of a target does not resolve',
    meaning: 'The name server knows no address for the name, or does not answer.',
    remedy:
      '`dig +short NAME` here; `/etc/resolv.conf`; addresses that were known before are used until they are replaced.',
  },
  'SNT-U022': {
    title: 'TLS with a target fails',
    meaning:
      'The target accepts connections and TLS cannot be spoken with it, or its certificate is not to be believed.',
    remedy: '`sentinel cert-check HOST:PORT` shows what the target sends.',
  },
  'SNT-U023': {
    title: 'target cannot be reached',
    meaning: 'Packets to the target get no answer, or there is no way to it.',
    remedy: '`traceroute -n ADDRESS`; firewalls and routes between; whether the host is up.',
  },
  'SNT-U024': {
    title: 'target fails its health check',
    meaning: 'The target accepts connections and does not answer its check as it should.',
    remedy: '`sentinel check UPSTREAM` shows the answer; look at the log of the application.',
  },
  'SNT-U025': {
    title: 'health check asks for the wrong thing',
    meaning:
      'Every target fails its check in the same way, and each answers other requests well: the check is wrong, not the targets.',
    remedy: 'Correct `health-check` of the upstream; until then `sentinel override health`.',
  },
  'SNT-U026': {
    title: 'target put out of traffic by passive health',
    meaning: 'Too many requests to the target failed, so it gets none for a while.',
    remedy: '`sentinel upstreams` shows why and for how long; look at the log of the application.',
  },
  'SNT-U027': {
    title: 'target drained',
    meaning: 'An operator has drained targets, and too few are left for the traffic.',
    remedy: '`sentinel drains` shows who and why; `sentinel undrain TARGET` takes it back.',
  },
  'SNT-U028': {
    title: 'target held out of traffic by an operator',
    meaning:
      'An operator keeps the target from requests at run time: its breaker is held open, or its weight is overridden to 0.',
    remedy:
      '`sentinel override list` and `sentinel events` show who and why; `sentinel breakers reset UPSTREAM/TARGET` or `sentinel override clear` takes it back.',
  },
} as const satisfies Record<string, CodeFacts>;

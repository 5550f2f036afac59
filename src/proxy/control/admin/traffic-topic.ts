/** The topic `traffic` of the admin stream: once a second what `GET /admin/traffic` would say, of the window of ten seconds unless another is asked for. */
import type { TrafficReply } from '../../../admin/contract/traffic-shapes.ts';
import type { StreamTopic } from './stream-topic.ts';
import { readChoice, type TrafficChoice, type TrafficContext, trafficView } from './traffic-views.ts';

export class TrafficTopic implements StreamTopic {
  readonly name = 'traffic';
  readonly #context: TrafficContext;
  /** Of this second: clients that ask for the same share it. */
  readonly #made = new Map<string, TrafficReply>();
  #madeAt: number | null = null;

  constructor(context: TrafficContext) {
    this.#context = context;
  }

  /** @inheritdoc */
  open(query: URLSearchParams, _position: string | null, send: (news: { position: null; data: unknown }) => void) {
    const asked = new URLSearchParams(query);
    if (!asked.has('window')) asked.set('window', '10s');
    // Of the past `GET /admin/traffic?series=1` tells once; it is too much for every second.
    const choice: TrafficChoice = { ...readChoice(asked, this.#context), series: false };
    return this.#context.traffic.onTick(() => send({ position: null, data: this.#make(choice) }));
  }

  #make(choice: TrafficChoice): TrafficReply {
    const { atMs } = this.#context.traffic;
    if (atMs !== this.#madeAt) this.#made.clear();
    this.#madeAt = atMs;
    const key = JSON.stringify(choice);
    const made = this.#made.get(key) ?? trafficView(this.#context, choice);
    this.#made.set(key, made);
    return made;
  }
}

/** Reads server-sent events (HTML Living Standard §9.2.6) out of a reply as it arrives. Knows no topic and no daemon. */
import type { IncomingMessage } from 'node:http';

/** More than any piece of news has; a peer that sends more is no daemon of ours. */
const MAX_EVENT_LENGTH = 4 << 20;

export interface ServerSentEvent {
  readonly event: string;
  /** The last id that was named, in this event or before; empty = none yet. */
  readonly id: string;
  readonly data: string;
}

/**
 * The events of a reply, each as soon as it is whole; comments and events without data are passed over.
 * @throws the system error of a connection that broke off, `EMSGSIZE` for an event without end
 */
export async function* eventsOf(reply: IncomingMessage): AsyncGenerator<ServerSentEvent> {
  reply.setEncoding('utf8');
  let rest = '';
  let id = '';
  let event = '';
  let data: string[] = [];
  for await (const part of reply as AsyncIterable<string>) {
    const lines = `${rest}${part}`.split('\n');
    rest = lines.pop() as string;
    if (rest.length > MAX_EVENT_LENGTH) throw Object.assign(new Error('an event is too large'), { code: 'EMSGSIZE' });
    for (const line of lines.map((one) => one.replace(/\r$/, ''))) {
      if (line === '') {
        if (data.length > 0) yield { event: event === '' ? 'message' : event, id, data: data.join('\n') };
        event = '';
        data = [];
        continue;
      }
      const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (name === 'event') event = value;
      else if (name === 'id') id = value;
      else if (name === 'data') data.push(value);
    }
  }
}

/** What connections of clients need of the worker around them. Shapes only. */
import type { ExchangeHost } from '../request/exchange.ts';
import type { ListenerRuntime, Runtime } from '../runtime.ts';
import type { OpenConnection } from './open-connection.ts';

export interface ClientHost extends ExchangeHost {
  /** The runtime in force and this listener in it; null when it has none of that name (removed, or not yet in force). */
  current(listener: string): { readonly runtime: Runtime; readonly listener: ListenerRuntime } | null;
  forget(connection: OpenConnection): void;
}

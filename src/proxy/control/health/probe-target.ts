/** What a probe is made to. */
import type { SocketAddress } from '../../../config/model.ts';

export interface ProbeTarget {
  /** As the configuration writes it, `api.internal:8080`: the `Host` of a check that names none. */
  readonly written: string;
  readonly socket: SocketAddress;
}

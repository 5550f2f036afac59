/** Why a connection to a target could not be made, as a cause. Pure. */
import { errnoOf } from '../../../base/errors.ts';
import type { Cause } from '../../shared/causes.ts';

/** `error` is what the socket said before it was connected. */
export function connectCause(error: Error): Cause {
  switch (errnoOf(error)) {
    case 'ETIMEDOUT':
      return 'connect_timeout';
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
      return 'connect_unreachable';
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
    case 'ENOMEM':
    case 'EADDRNOTAVAIL':
    case 'EAGAIN':
      // Ours, not the target's: it must not be held against it.
      return 'no_socket';
    case 'ENOTFOUND':
    case 'EAI_FAIL':
    case 'ENODATA':
      return 'dns_error';
    case 'EAI_AGAIN':
      return 'dns_timeout';
    default:
      return 'connect_refused';
  }
}

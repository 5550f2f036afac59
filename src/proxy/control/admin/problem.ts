/** Errors of the admin API as they travel: RFC 9457 problems with our code. */
import type { Problem } from '../../../admin/contract/shapes.ts';
import { codes, type ErrorCode } from '../../../base/codes.ts';

export const problemType = 'application/problem+json';

/** Thrown by handlers; becomes the reply. */
export class AdminProblem extends Error {
  readonly status: number;
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly problems: readonly string[];
  /** Extra fields of the reply, such as `Allow`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: ErrorCode,
    detail: string,
    extra: {
      readonly hint?: string | undefined;
      readonly problems?: readonly string[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.hint = extra.hint;
    this.problems = extra.problems ?? [];
    this.headers = extra.headers ?? {};
  }

  body(): Problem {
    return {
      type: 'about:blank',
      title: codes[this.code].title,
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.problems.length === 0 ? {} : { problems: this.problems }),
    };
  }
}

/** Names of subjects and issuers as people read them. Node gives a line for each part, its control characters escaped. */

/** The whole name in one line: `C=DE, O=Example, CN=www.example.com`; empty where there is none. */
export function oneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ');
}

/** The common name alone; null = there is none. */
export function commonNameOf(name: string | undefined): string | null {
  return /^CN=(.*)$/m.exec(name ?? '')?.[1] ?? null;
}

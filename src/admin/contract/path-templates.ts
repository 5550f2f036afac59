/**
 * Paths with places in them: `/admin/upstreams/{name}/check`. `{name}` is one segment, `{id+}` one or more, since ids of
 * breakers contain a slash. The router reads a path by its template, the client fills one in. Pure.
 */

export type PathParams = Readonly<Record<string, string>>;

/** What stands in the places of `template`, percent-decoded; null when the path is not of this form. */
export function readPath(template: string, path: string): PathParams | null {
  if (!template.includes('{')) return template === path ? {} : null;
  const pattern = template.replace(/\{(\w+)(\+?)\}|[^{]+/g, (part, name: string | undefined, several: string) => {
    if (name === undefined) return part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    return several === '+' ? `(?<${name}>[^/]+(?:/[^/]+)*)` : `(?<${name}>[^/]+)`;
  });
  const groups = new RegExp(`^${pattern}$`).exec(path)?.groups;
  if (groups === undefined) return null;
  try {
    return Object.fromEntries(Object.entries(groups).map(([name, text]) => [name, decodeURIComponent(text)]));
  } catch {
    return null;
  }
}

/** The path with its places filled in, percent-encoded. */
export function fillPath(template: string, params: PathParams): string {
  return template.replace(/\{(\w+)\+?\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined || value === '') throw new Error(`${template} was asked for without ${name}`);
    return encodeURIComponent(value);
  });
}

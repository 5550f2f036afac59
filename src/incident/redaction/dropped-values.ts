/**
 * What `paranoid` drops besides: bodies, the values of header fields and of queries. Names stay, so that it is still seen what was
 * there. For the scrubber; secrets and identities have gone before.
 */

/** What stands in their place. */
export const dropped = '[dropped]';

const bodies = /(?:^|[_-])(?:body|payload|post_?data|form|entity)$/i;
const bodiesOfConfig = /^(?:body|expected-?body|body-?json|html)$/i;
const fieldHolders = /(?:^|[_-])(?:headers?|fields|trailers?|set|add|captured|metadata)$/i;
const fieldNames =
  /^(?:user[_-]?agent|referer|referrer|accept.*|cookie.*|x[_-].*|if[_-](?:none|match|modified).*|etag|via|origin|from)$/i;
const queries = /^(?:query|query_?string|search|raw_?query|params)$/i;
/** Of members of lists of fields. */
const nameOfField = /^(?:name|key|header|field)$/i;

/**
 * @param inside Name of what is around it: `headers`.
 */
export function withoutValue(name: string | null, inside: string | null, value: string): string {
  if (value === '' || value === dropped) return value;
  const key = name ?? '';
  if (bodies.test(key) || bodiesOfConfig.test(key)) return dropped;
  if (queries.test(key) && value !== '')
    return withoutQueryValues(value.replace(/^\??/, '?')).replace(/^\?/, value.startsWith('?') ? '?' : '');
  if (fieldNames.test(key)) return dropped;
  if (inside !== null && fieldHolders.test(inside) && !nameOfField.test(key)) return dropped;
  return withoutQueryValues(value);
}

/** In any text: queries of URLs, and lines of header fields as tools print them. */
export function withoutQueryValues(text: string): string {
  let rest = text;
  if (rest.includes('?'))
    rest = rest.replace(/\?([^\s"'<>?#]{1,8192})/g, (whole, query: string) =>
      query.includes('=')
        ? `?${query.replace(/([^&;=]{1,200})=([^&;]*)/g, (_, name: string) => `${name}=${dropped}`)}`
        : query.length > 24
          ? `?${dropped}`
          : whole,
    );
  return fieldLines.test(rest)
    ? rest.replace(new RegExp(fieldLines.source, 'gm'), (_, head: string) => `${head}${dropped}`)
    : rest;
}

const fieldLines =
  /^([<>] (?!HTTP\/)[A-Za-z][\w-]{0,60}:[ \t]|(?:[A-Z][a-z]+-)+[A-Z][\w-]{0,40}: |(?:Host|Server|Accept|Origin|Referer|Cookie|Via|From|Etag|ETag): )[^\r\n]+/m;

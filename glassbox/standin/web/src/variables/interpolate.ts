import { format, type Known } from './formats';

/** Finds what a name stands for; `path` is what follows it: `.labels.job` in `${__field.labels.job}`. */
export type Lookup = (name: string, path: string | undefined) => Known | undefined;
/** Writes a value that carries no format of its own. */
export type Writer = (known: Known) => string;

// $name, [[name:format]], ${name.path:format}
const REFERENCE = /\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\$\{(\w+)((?:\.[^:}["]+|\[(?:"[^"]*"|\d+)\])*)(?::([^}]+))?\}/g;

/** Replace every reference that `lookup` knows; the others stay as they are. */
export function interpolate(text: string, lookup: Lookup, write: Writer = asGlob): string {
  return text.replace(REFERENCE, (reference, short, square, squareFormat, name, path, option) => {
    const known = lookup(short ?? square ?? name, path || undefined);
    if (!known) return reference;
    const wanted = squareFormat ?? option;
    return wanted ? format(known, wanted) : write(known);
  });
}

/** The names that a text refers to. */
export function references(text: string): Set<string> {
  return new Set([...text.matchAll(REFERENCE)].map((match) => match[1] ?? match[2] ?? match[4] ?? ''));
}

/** Grafana's default outside of queries. */
export const asGlob: Writer = (known) => format(known, 'glob');
/** For titles, legends and texts that people read. */
export const asText: Writer = (known) => format(known, 'text');

/**
 * Inside PromQL: a multi-value variable is escaped as a regular expression, the backslashes doubled for PromQL's string;
 * a single one only keeps its backslashes and quotes. Source: Grafana's Prometheus documentation, "Use template variables".
 */
export const asPromql: Writer = (known) => {
  const { value, verbatim } = known;
  if (verbatim) return format(known, 'raw');
  if (!Array.isArray(value)) return value.replaceAll('\\', '\\\\').replaceAll("'", "\\\\'");
  const escaped = value.map((one) =>
    one.replace(/[\\$^*{}[\]+?.()|]/g, (sign) => `\\\\${sign === '\\' ? '\\\\' : sign}`),
  );
  return escaped.length === 1 ? (escaped[0] ?? '') : `(${escaped.join('|')})`;
};

import { dateTime, escapeRegex, textUtil } from '@grafana/data';

/** One value, or several where the variable is a multi-value one (then also when only one is chosen). */
export type Chosen = string | string[];

/** What a variable stands for, ready to be written somewhere. */
export interface Known {
  name: string;
  value: Chosen;
  /** What people see of it: `:text`. */
  text: string;
  /** `allValue` of a chosen All: written as it is, whatever the format. */
  verbatim?: boolean;
  /** The URL parameters that choose it: `:queryparam`. */
  urlValues?: string[];
}

type Formatter = (known: Known, args: string[]) => string;

const each = (value: Chosen): string[] => (Array.isArray(value) ? value : [value]);
const joined =
  (separator: string): Formatter =>
  (known) =>
    each(known.value).join(separator);
const quoted =
  (quote: string): Formatter =>
  (known) =>
    each(known.value)
      .map((value) => `${quote}${value.replaceAll(quote, `\\${quote}`)}${quote}`)
      .join(',');
const braced = (value: Chosen): string => (Array.isArray(value) ? `{${value.join(',')}}` : value);

/** RFC 3986: also the sub-delimiters that encodeURI and encodeURIComponent leave. */
const strict = (encoded: string): string =>
  encoded.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

function alternatives({ value }: Known): string {
  const escaped = each(value).map(escapeRegex);
  return escaped.length === 1 ? (escaped[0] ?? '') : `(${escaped.join('|')})`;
}

function date({ value }: Known, args: string[]): string {
  const milliseconds = Number.parseInt(each(value)[0] ?? '', 10);
  if (Number.isNaN(milliseconds)) return 'NaN';
  const layout = args.join(':');
  if (layout === 'ms') return String(milliseconds);
  if (layout === 'seconds') return String(Math.round(milliseconds / 1000));
  return layout === '' || layout === 'iso'
    ? dateTime(milliseconds).toISOString()
    : dateTime(milliseconds).format(layout);
}

const lucene = (value: string): string => value.replace(/([!*+\-=<>\s&|()[\]{}^~?:\\/"])/g, '\\$1');

/**
 * The format options of a variable, by their names in `${name:format}`.
 * Source: "Variable syntax, advanced variable format options" of Grafana's documentation.
 */
const FORMATS: ReadonlyMap<string, Formatter> = new Map<string, Formatter>([
  ['csv', joined(',')],
  ['raw', joined(',')],
  ['pipe', joined('|')],
  ['join', (known, args) => each(known.value).join(args[0] ?? ',')],
  ['glob', ({ value }) => (Array.isArray(value) && value.length > 1 ? braced(value) : each(value).join(','))],
  ['regex', alternatives],
  ['json', ({ value }) => (Array.isArray(value) ? JSON.stringify(value) : value)],
  ['text', ({ text }) => text],
  ['singlequote', quoted("'")],
  ['doublequote', quoted('"')],
  [
    'sqlstring',
    ({ value }) =>
      each(value)
        .map((one) => `'${one.replaceAll("'", "''")}'`)
        .join(','),
  ],
  ['distributed', ({ name, value }) => each(value).join(`,${name}=`)],
  [
    'lucene',
    ({ value }) => (Array.isArray(value) ? `(${value.map((one) => `"${lucene(one)}"`).join(' OR ')})` : lucene(value)),
  ],
  ['html', ({ value }) => textUtil.escapeHtml(each(value).join(', '))],
  ['percentencode', ({ value }) => strict(encodeURIComponent(braced(value)))],
  ['uriencode', ({ value }) => strict(encodeURI(braced(value)))],
  ['queryparam', ({ name, value, urlValues }) => queryParameters(name, urlValues ?? each(value))],
  ['date', date],
]);

/** `var-name=a&var-name=b`, encoded. */
export function queryParameters(name: string, values: string[]): string {
  return values.map((value) => `var-${encodeURIComponent(name)}=${strict(encodeURIComponent(value))}`).join('&');
}

/** The value as the format says; an unknown format counts as glob, as in Grafana. */
export function format(known: Known, option: string): string {
  const [id = '', ...args] = option.split(':');
  if (known.verbatim && id !== 'text' && id !== 'queryparam') return each(known.value).join(',');
  const formatter = FORMATS.get(id) ?? FORMATS.get('glob');
  return formatter ? formatter(known, args) : '';
}

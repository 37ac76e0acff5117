import type { VariableModel } from '../dashboard/model';

/** One choice of a variable. */
export interface Option {
  text: string;
  value: string;
}

export const ALL = '$__all';
export const AUTO = '$__auto';

export const option = (value: string, text = value): Option => ({ text, value });

/** `P50 : 0.5, P99 : 0.99` or, as JSON, a list of texts and values. A comma that belongs to a value is written `\,`. */
export function customOptions(query: string, valuesFormat: 'csv' | 'json' = 'csv'): Option[] {
  if (valuesFormat === 'json') return jsonOptions(query);
  return (query.match(/(?:\\,|[^,])+/g) ?? []).map((part) => {
    const text = part.replaceAll('\\,', ',').trim();
    const [, name, value] = /^\s*(.+)\s:\s(.+)$/.exec(text) ?? [];
    return name !== undefined && value !== undefined ? option(value.trim(), name.trim()) : option(text);
  });
}

/** What a variable was saved with: its options, and what was chosen of them. */
export function savedOptions({ options = [], current }: Pick<VariableModel, 'options' | 'current'>): Option[] {
  const texts = [current?.text ?? []].flat();
  const chosen = [current?.value ?? []].flat().map((value, index) => ({ value, text: texts[index] ?? value }));
  const saved = [...options, ...chosen].map(({ value, text }) => option(one(value), one(text ?? value)));
  return distinct(saved.filter(({ value }) => value !== '' && value !== ALL));
}

const one = (value: string | string[]): string => String([value].flat()[0] ?? '');

function jsonOptions(query: string): Option[] {
  try {
    const list: unknown = JSON.parse(query);
    return Array.isArray(list)
      ? list.flatMap((one) => (isOption(one) ? [option(String(one.value), String(one.text ?? one.value))] : []))
      : [];
  } catch {
    return [];
  }
}

const isOption = (one: unknown): one is { text?: unknown; value: unknown } =>
  typeof one === 'object' && one !== null && Object.hasOwn(one, 'value');

/**
 * Filter by the variable's regex and take out of each what its groups hold: those named `text` and `value`, from whichever
 * match has them, else the first; without groups the whole. A bare text must match as a whole.
 */
export function matching(options: Option[], regex: string): Option[] {
  if (!regex) return distinct(options);
  const pattern = toRegExp(regex);
  return distinct(
    options.flatMap(({ text }) => {
      const matches = pattern.global
        ? [...text.matchAll(pattern)]
        : [pattern.exec(text)].filter((match) => match !== null);
      return matches.length ? captured(text, matches) : [];
    }),
  );
}

function captured(whole: string, matches: RegExpMatchArray[]): Option[] {
  const named = (group: string) => matches.find(({ groups }) => groups?.[group])?.groups?.[group];
  const text = named('text');
  const value = named('value');
  if (text !== undefined || value !== undefined) return [option(value ?? text ?? '', text ?? value ?? '')];
  if (!matches.some(({ length }) => length > 1)) return [option(whole)];
  return matches.map(([, first = '']) => option(first));
}

function toRegExp(text: string): RegExp {
  const [, body, flags] = /^\/(.*)\/([a-z]*)$/s.exec(text) ?? [];
  return body === undefined ? new RegExp(`^${text}$`) : new RegExp(body, flags);
}

function distinct(options: Option[]): Option[] {
  const seen = new Set<string>();
  return options.filter(({ value }) => !seen.has(value) && seen.add(value));
}

const firstNumber = (text: string): number => Number(/\d+/.exec(text)?.[0] ?? -1);
const plain = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'base' }).compare;
const ORDERS: Record<number, (a: string, b: string) => number> = {
  1: plain,
  3: (a, b) => firstNumber(a) - firstNumber(b),
  5: (a, b) => plain(a.toLowerCase(), b.toLowerCase()),
  7: natural,
};

/** 1 alphabetical, 3 by the first number, 5 without case, 7 natural; the even number behind each reverses it; else as they come. */
export function sorted(options: Option[], sort = 0): Option[] {
  const order = ORDERS[sort % 2 ? sort : sort - 1];
  if (!order) return options;
  const ascending = options.toSorted((a, b) => order(a.text, b.text));
  return sort % 2 ? ascending : ascending.toReversed();
}

import type { VariableModel } from '../dashboard/model';
import type { Known } from './formats';
import { ALL, AUTO, type Option, option } from './options';

/** A variable of the open dashboard: what can be chosen and what is. */
export interface Variable {
  model: VariableModel;
  options: Option[];
  /** The chosen values; `[ALL]` for All. */
  chosen: string[];
  /** Why its options could not be listed. */
  error?: string;
}

export type Variables = ReadonlyMap<string, Variable>;

export const isAll = ({ chosen }: Pick<Variable, 'chosen'>): boolean => chosen[0] === ALL;
const isMany = ({ multi, includeAll }: VariableModel): boolean => Boolean(multi || includeAll);

/** The list of a saved or spelled-out value. */
export function asList(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/**
 * What stays chosen among new options: what was wished, where it can be had or people may type their own; else All, else
 * the first option.
 */
export function choose(model: VariableModel, options: Option[], wished: string[], typed = false): string[] {
  if (model.includeAll && wished[0] === ALL) return [ALL];
  const listed = new Set(options.map(({ value }) => value));
  const kept = wished.filter((value) => listed.has(value) || (typed && value !== ''));
  if (kept.length) return model.multi ? kept : kept.slice(0, 1);
  if (model.includeAll) return [ALL];
  return options.slice(0, model.multi && !wished.length ? 0 : 1).map(({ value }) => value);
}

/** The chosen options; for All every one that is listed. */
export function chosenOptions({ options, chosen }: Variable): Option[] {
  if (chosen[0] === ALL) return options;
  const byValue = new Map(options.map((one) => [one.value, one]));
  return chosen.map((value) => byValue.get(value) ?? option(value));
}

/** What a reference to the variable stands for; `intervalMs` is the value of an interval that is chosen as auto. */
export function toKnown(variable: Variable, autoInterval = ''): Known {
  const { model, chosen } = variable;
  const { name, allValue } = model;
  const all = isAll(variable);
  const picked = chosenOptions(variable);
  const text = all ? 'All' : picked.map((one) => one.text).join(' + ');
  const urlValues = all ? [allValue ? 'All' : ALL] : chosen;
  if (all && allValue) return { name, value: allValue, text, urlValues, verbatim: true };
  const values = picked.map(({ value }) => (value === AUTO ? autoInterval : value));
  return { name, text, urlValues, value: isMany(model) ? values : (values[0] ?? '') };
}

/** All excludes the others: whichever was chosen last wins. */
export function withAll(before: string[], now: string[]): string[] {
  if (now.includes(ALL) && !before.includes(ALL)) return [ALL];
  return now.filter((value) => value !== ALL);
}

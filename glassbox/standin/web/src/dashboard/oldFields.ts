import {
  convertOldAngularValueMappings,
  type DynamicConfigValue,
  type ThresholdsConfig,
  type ValueMapping,
} from '@grafana/data';

/** What old panels call the calculations of today. */
const CALCULATIONS: Record<string, string> = {
  avg: 'mean',
  current: 'lastNotNull',
  total: 'sum',
  first: 'firstNotNull',
  min: 'min',
  max: 'max',
  count: 'count',
  delta: 'delta',
  diff: 'diff',
  range: 'range',
};

/** The calculation that an old panel names; undefined for another word. */
export const calculation = (old: string): string | undefined => CALCULATIONS[old];

/** Those that a legend switches on. */
export const switchedOn = (switches: Record<string, unknown>): string[] =>
  Object.entries(CALCULATIONS).flatMap(([old, id]) => (switches[old] ? [id] : []));

/** One colour for whatever value. */
export const fixed = (fixedColor: string): DynamicConfigValue => ({
  id: 'color',
  value: { mode: 'fixed', fixedColor },
});

/** Settings of a field by its name, or by a regular expression between slashes. */
export const override = (name: string, properties: DynamicConfigValue[]) => ({
  matcher: { id: /^\/.*\/[a-z]*$/.test(name) ? 'byRegexp' : 'byName', options: name },
  properties,
});

/** An object without what is not said, so that it can be laid over defaults. */
export const said = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null)) as Partial<T>;

interface OldMappings {
  /** 1 values, 2 ranges. */
  mappingType?: number;
  valueMaps?: object[];
  rangeMaps?: object[];
}

/** Texts for values and ranges in the form of today; a text that is a number takes its threshold's colour. */
export function oldMappings(
  { mappingType, valueMaps = [], rangeMaps = [] }: OldMappings,
  thresholds?: ThresholdsConfig,
): ValueMapping[] {
  const old = { mappingType, valueMaps, rangeMaps } as never;
  return convertOldAngularValueMappings(old, thresholds).filter(Boolean);
}

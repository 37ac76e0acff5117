import type { FieldConfig, FieldConfigSource, ThresholdsConfig, ThresholdsMode } from '@grafana/data';
import type { Panel } from './model';
import { said } from './oldFields';

interface FieldOptions {
  values?: boolean;
  limit?: number;
  calcs?: string[];
  defaults?: FieldConfig & { title?: string };
  overrides?: FieldConfigSource['overrides'];
  mappings?: FieldConfig['mappings'];
  thresholds?: ThresholdsConfig['steps'];
}

/** A stat, gauge or bar gauge of version 6, whose options held what is in `fieldConfig` today. */
export function fromFieldOptions(panel: Panel): Panel {
  const { fieldOptions, thresholds: early, ...options } = (panel.options ?? {}) as Record<string, unknown>;
  const old = fieldOptions as FieldOptions;
  const { title, thresholds, ...defaults } = old.defaults ?? {};
  const steps = old.thresholds ?? early ?? thresholds;
  const found = Array.isArray(steps) ? { mode: 'absolute' as ThresholdsMode, steps } : thresholds;
  return {
    ...panel,
    fieldConfig: {
      defaults: {
        ...panel.fieldConfig?.defaults,
        ...said({ mappings: old.mappings, ...defaults, displayName: title, thresholds: found }),
        ...ends(defaults),
      },
      overrides: [...(panel.fieldConfig?.overrides ?? []), ...(old.overrides ?? [])],
    },
    options: { ...options, reduceOptions: said({ values: old.values, limit: old.limit, calcs: old.calcs }) },
  };
}

const WHOLE: Record<string, number> = { percent: 100, percentunit: 1 };

/** Shares went from nothing to all of it where nothing else was said. */
function ends({ unit = '', min, max }: FieldConfig): Pick<FieldConfig, 'min' | 'max'> {
  const whole = WHOLE[unit];
  return whole === undefined ? {} : { min: min ?? 0, max: max ?? whole };
}

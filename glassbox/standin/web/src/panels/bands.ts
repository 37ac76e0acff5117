import { type FieldConfig, ThresholdsMode } from '@grafana/data';

/** The stretches between the thresholds, in the field's own unit. */
export function bands(
  { thresholds }: FieldConfig,
  min: number,
  max: number,
): { from: number; to: number; color: string }[] {
  const steps = thresholds?.steps ?? [];
  const own = (value: number): number =>
    thresholds?.mode === ThresholdsMode.Percentage ? min + ((max - min) * value) / 100 : value;
  return steps
    .map(({ value, color }, index) => {
      const next = steps[index + 1]?.value;
      return {
        from: Math.max(min, own(value ?? min)),
        to: Math.min(max, next === undefined || next === null ? max : own(next)),
        color,
      };
    })
    .filter(({ from, to }) => to > from);
}

import type { GrafanaTheme2 } from '@grafana/data';
import * as schemes from 'd3-scale-chromatic';

export interface HeatmapColor {
  mode: 'scheme' | 'opacity';
  scheme: string;
  fill: string;
  scale: 'exponential' | 'linear';
  exponent: number;
  steps: number;
  reverse: boolean;
  min: number;
  max: number;
}

/** Schemes that look the same on both themes; the others begin with the background's side. */
const SAME_ON_BOTH =
  /^(Turbo|Viridis|Plasma|Magma|Inferno|Cividis|Warm|Cool|Cubehelix|Rainbow|Sinebow|Spectral|RdYlGn|RdYlBu|RdBu|RdGy|BrBG|PRGn|PiYG|PuOr)/;

/** The colours of a heatmap from its lowest to its highest value. */
export function palette(color: Partial<HeatmapColor>, theme: GrafanaTheme2): string[] {
  const { mode = 'scheme', scheme = 'Oranges', steps = 64, reverse = false } = color;
  const positions = Array.from({ length: steps }, (_, index) => index / Math.max(1, steps - 1));
  if (mode === 'opacity') return opacities(color, positions, theme);
  const found = (schemes as Record<string, unknown>)[`interpolate${scheme}`];
  const interpolate = typeof found === 'function' ? (found as (t: number) => string) : schemes.interpolateOranges;
  const turned = reverse !== (theme.isDark && !SAME_ON_BOTH.test(scheme));
  return positions.map((at) => interpolate(turned ? 1 - at : at));
}

function opacities(
  { fill = 'dark-orange', scale = 'exponential', exponent = 0.5 }: Partial<HeatmapColor>,
  positions: number[],
  theme: GrafanaTheme2,
): string[] {
  const base = theme.visualization.getColorByName(fill);
  return positions.map(
    (at) => `color-mix(in srgb, ${base} ${100 * (scale === 'exponential' ? at ** exponent : at)}%, transparent)`,
  );
}

/** The colour of a value between the lowest and the highest. */
export function colorOf(value: number, low: number, high: number, colors: string[]): string {
  const share = high > low ? (value - low) / (high - low) : 0;
  return colors[Math.min(colors.length - 1, Math.max(0, Math.floor(share * colors.length)))] ?? '';
}

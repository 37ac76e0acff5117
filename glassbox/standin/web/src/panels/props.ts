import type { DataFrame, GrafanaTheme2, InterpolateFunction, TimeRange } from '@grafana/data';
import type { Mark } from '../annotations/marks';
import type { Panel } from '../dashboard/model';

/** What every kind of panel is drawn from. */
export interface PanelProps {
  panel: Panel;
  frames: DataFrame[];
  range: TimeRange;
  timeZone: string;
  width: number;
  height: number;
  theme: GrafanaTheme2;
  replace: InterpolateFunction;
  marks: Mark[];
  /** Choose another time range, in milliseconds: what dragging over a graph does. */
  onZoom: (from: number, to: number) => void;
}

/** A panel's options, as its kind reads them. */
export function optionsOf<T extends object>({ panel }: Pick<PanelProps, 'panel'>): Partial<T> {
  return (panel.options ?? {}) as Partial<T>;
}

import type { DataTransformerConfig, FieldConfigSource } from '@grafana/data';

/** What the page reads of Grafana's dashboard JSON (schema version 42); everything may be missing in a hand-made one. */
export interface Dashboard {
  uid?: string;
  title?: string;
  tags?: string[];
  panels?: Panel[];
  time?: { from: string; to: string };
  refresh?: string | boolean;
  timezone?: string;
  /** 0 nothing shared, 1 crosshair, 2 crosshair and tooltip. */
  graphTooltip?: 0 | 1 | 2;
  links?: DashboardLink[];
  templating?: { list?: VariableModel[] };
  annotations?: { list?: AnnotationModel[] };
}

export interface SourceRef {
  type?: string;
  uid?: string;
}

export interface GridPos {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  gridPos: GridPos;
  datasource?: SourceRef | string | null;
  targets?: Target[];
  fieldConfig?: FieldConfigSource;
  options?: Record<string, unknown>;
  transformations?: DataTransformerConfig[];
  links?: PanelLink[];
  transparent?: boolean;
  interval?: string;
  maxDataPoints?: number;
  timeFrom?: string;
  timeShift?: string;
  hideTimeOverride?: boolean;
  repeat?: string;
  repeatDirection?: 'h' | 'v';
  maxPerRow?: number;
  collapsed?: boolean;
  /** The members of a collapsed row. */
  panels?: Panel[];
  /** The variables that repeats have fixed for this clone. */
  repeated?: { name: string; value: string; text: string }[];
}

export interface Target {
  refId: string;
  datasource?: SourceRef | string | null;
  expr?: string;
  legendFormat?: string;
  format?: 'time_series' | 'table' | 'heatmap';
  range?: boolean;
  instant?: boolean;
  interval?: string;
  intervalFactor?: number;
  hide?: boolean;
}

export interface PanelLink {
  title?: string;
  url?: string;
  targetBlank?: boolean;
}

export interface DashboardLink extends PanelLink {
  type?: 'link' | 'dashboards';
  tags?: string[];
  asDropdown?: boolean;
  includeVars?: boolean;
  keepTime?: boolean;
  tooltip?: string;
}

export interface VariableModel {
  name: string;
  label?: string;
  type: string;
  /** 0 shown, 1 without label, 2 not shown. */
  hide?: number;
  query?: string | { query?: string };
  regex?: string;
  sort?: number;
  /** 1 on load, 2 also when the time range changes. */
  refresh?: number;
  multi?: boolean;
  includeAll?: boolean;
  allValue?: string | null;
  datasource?: SourceRef | string | null;
  current?: { value?: string | string[]; text?: string | string[] };
  /** As they were when the dashboard was saved. */
  options?: { value: string | string[]; text?: string | string[] }[];
  auto?: boolean;
  auto_count?: number;
  auto_min?: string;
  valuesFormat?: 'csv' | 'json';
  skipUrlSync?: boolean;
  filters?: { key: string; operator: string; value: string }[];
}

export interface AnnotationModel {
  name?: string;
  enable?: boolean;
  hide?: boolean;
  builtIn?: number;
  iconColor?: string;
  datasource?: SourceRef | string | null;
  expr?: string;
  step?: string;
  titleFormat?: string;
  textFormat?: string;
  tagKeys?: string;
  useValueForTime?: boolean;
  target?: { type?: string; tags?: string[]; matchAny?: boolean; limit?: number; expr?: string; interval?: string };
  filter?: { exclude?: boolean; ids?: number[] };
}

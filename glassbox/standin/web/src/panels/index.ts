import type { ComponentType } from 'react';
import type { Panel } from '../dashboard/model';
import { AlertList } from './AlertList';
import { BarChart } from './BarChart';
import { BarGauge } from './BarGauge';
import { Gauge } from './Gauge';
import { Heatmap } from './Heatmap';
import { Histogram } from './Histogram';
import { lackingIn } from './lacking';
import type { PanelProps } from './props';
import { Stat } from './Stat';
import { StateTimeline } from './StateTimeline';
import { Table } from './Table';
import { Text } from './Text';
import { TimeSeries } from './TimeSeries';

/** What draws each panel type; another type says in its frame that it is not drawn. */
export const PANELS: ReadonlyMap<string, ComponentType<PanelProps>> = new Map<string, ComponentType<PanelProps>>([
  ['alertlist', AlertList],
  ['barchart', BarChart],
  ['bargauge', BarGauge],
  ['gauge', Gauge],
  ['heatmap', Heatmap],
  ['histogram', Histogram],
  ['stat', Stat],
  ['state-timeline', StateTimeline],
  ['status-history', StateTimeline],
  ['table', Table],
  ['text', Text],
  ['timeseries', TimeSeries],
]);

/** What of a panel is not drawn; undefined where all of it is. */
export const notDrawn = (panel: Panel): string | undefined =>
  PANELS.has(panel.type) ? lackingIn(panel) : String(panel.type);

/** The types that draw the text for no value themselves. */
export const WITHOUT_DATA = new Set(['bargauge', 'gauge', 'stat']);

/** The types that draw something without asking anything. */
export const WITHOUT_QUERY = new Set(['text', 'alertlist']);

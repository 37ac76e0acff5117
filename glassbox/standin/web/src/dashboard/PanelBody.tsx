import { dateTime, EventBusSrv, type TimeRange } from '@grafana/data';
import type { DashboardCursorSync } from '@grafana/schema';
import { type PanelContext, PanelContextProvider, SeriesVisibilityChangeMode, useTheme2 } from '@grafana/ui';
import { Component, type ReactNode, useContext, useMemo, useState } from 'react';
import type { Mark } from '../annotations/marks';
import { setParameters } from '../app/location';
import { PANELS } from '../panels';
import type { Panel } from './model';
import { MarksContext, useSession } from './session';
import type { PanelData } from './usePanelData';

/** Of all graphs of the page. */
const EVENTS = new EventBusSrv();

interface BodyProps {
  panel: Panel;
  data: PanelData;
  range: TimeRange;
  width: number;
  height: number;
  onVisible: (change: (now?: string[]) => string[] | undefined) => void;
}

/** The drawing inside a panel's frame. */
export function PanelBody({ panel, data, range, width, height, onVisible }: BodyProps) {
  const { dashboard, timeZone } = useSession();
  const marks = useContext(MarksContext);
  const theme = useTheme2();
  const [sort, setSort] = useState<LegendSort>();
  const shown = useMemo(() => (sort ? withSort(panel, sort) : panel), [panel, sort]);
  const context = useMemo<PanelContext>(
    () => ({
      eventsScope: 'dashboard',
      eventBus: EVENTS,
      sync: () => (dashboard.graphTooltip ?? 0) as DashboardCursorSync,
      onToggleLegendSort: (by) => setSort((now) => nextSort(now, by)),
      onToggleSeriesVisibility: (label, mode) => onVisible((now) => toggled(now, label, mode, namesOf(data))),
    }),
    [dashboard.graphTooltip, onVisible, data],
  );
  const own = useMemo(() => marks.filter((mark) => isOn(panel.id, mark)), [marks, panel.id]);
  const Draw = PANELS.get(panel.type);
  if (!Draw) return null;
  return (
    <PanelContextProvider value={context}>
      <Draw
        panel={shown}
        frames={data.frames ?? []}
        range={range}
        timeZone={timeZone}
        width={width}
        height={height}
        theme={theme}
        replace={data.replace}
        marks={own}
        onZoom={zoom}
      />
    </PanelContextProvider>
  );
}

interface LegendSort {
  sortBy?: string;
  sortDesc?: boolean;
}

/** A column sorts downwards, then upwards, then not at all. */
function nextSort(now: LegendSort | undefined, by: string): LegendSort {
  if (now?.sortBy !== by) return { sortBy: by, sortDesc: true };
  return now.sortDesc ? { sortBy: by, sortDesc: false } : {};
}

function withSort(panel: Panel, sort: LegendSort): Panel {
  const legend = { ...(panel.options?.legend as object | undefined), sortBy: undefined, sortDesc: undefined, ...sort };
  return { ...panel, options: { ...panel.options, legend } };
}

function zoom(from: number, to: number): void {
  setParameters({ from: String(dateTime(from).valueOf()), to: String(dateTime(to).valueOf()) });
}

const isOn = (id: number, { panels }: Mark): boolean =>
  !panels || panels.ids.includes(id) !== (panels.exclude ?? false);

const namesOf = ({ frames = [] }: PanelData): string[] =>
  frames.flatMap(({ fields }) =>
    fields.filter(({ type }) => type === 'number').map(({ state, name }) => state?.displayName ?? name),
  );

/** A click shows one series alone, and again all; with Ctrl it hides or shows the one. */
function toggled(
  now: string[] | undefined,
  label: string | string[] | null,
  mode: SeriesVisibilityChangeMode,
  all: string[],
): string[] | undefined {
  if (label === null) return undefined;
  const names = [label].flat();
  if (mode === SeriesVisibilityChangeMode.SetExactly) return names;
  if (mode === SeriesVisibilityChangeMode.AppendToSelection) {
    const shown = now ?? all;
    const [name = ''] = names;
    return shown.includes(name) ? shown.filter((one) => one !== name) : [...shown, name];
  }
  return now?.length === 1 && now[0] === names[0] ? undefined : names;
}

interface ContainedProps {
  /** What is drawn: another one is drawn anew after a failure. */
  of: unknown;
  children: ReactNode;
  onError: (message: string) => void;
}

/** Keeps what goes wrong in one drawing inside its frame. */
export class Contained extends Component<ContainedProps, { of: unknown; failed: boolean }> {
  override state = { of: this.props.of, failed: false };
  static getDerivedStateFromError = () => ({ failed: true });
  static getDerivedStateFromProps = ({ of }: ContainedProps, now: { of: unknown }) =>
    of === now.of ? null : { of, failed: false };
  override componentDidCatch(reason: Error): void {
    this.props.onError(reason.message);
  }
  override render(): ReactNode {
    return this.state.failed ? null : this.props.children;
  }
}

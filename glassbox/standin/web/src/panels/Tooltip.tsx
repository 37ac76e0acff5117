import { type DataFrame, dateTimeFormat, type Field, FieldType, type LinkModel } from '@grafana/data';
import { SortOrder, TooltipDisplayMode } from '@grafana/schema';
import {
  getFieldDisplayItems,
  VizTooltipContent,
  VizTooltipFooter,
  VizTooltipHeader,
  VizTooltipWrapper,
} from '@grafana/ui';

export interface TooltipOptions {
  mode: TooltipDisplayMode;
  sort: SortOrder;
  hideZeros: boolean;
  maxWidth: number;
  maxHeight: number;
}

interface GraphTooltipProps {
  frame: DataFrame;
  indexes: (number | null)[];
  series: number | null;
  pinned: boolean;
  /** Of the nearest series: once it is pinned, or the one that a click opens. */
  links: LinkModel[];
  timeZone: string;
  options: Partial<TooltipOptions>;
}

const shown = (field: Field): boolean => field.type === FieldType.number && !field.config.custom?.hideFrom?.tooltip;

/** The values under the pointer, as Grafana's graphs show them. */
export function GraphTooltip({ frame, indexes, series, pinned, links, timeZone, options }: GraphTooltipProps) {
  const [time] = frame.fields;
  if (!time) return null;
  const items = getFieldDisplayItems(
    frame.fields,
    time,
    indexes,
    series,
    options.mode ?? TooltipDisplayMode.Single,
    options.sort ?? SortOrder.None,
    shown,
    options.hideZeros,
  );
  const at: unknown = time.values[indexes[0] ?? 0];
  return (
    <VizTooltipWrapper>
      <VizTooltipHeader item={{ label: '', value: dateTimeFormat(Number(at), { timeZone }) }} isPinned={pinned} />
      <VizTooltipContent
        items={items}
        isPinned={pinned}
        scrollable={options.mode === TooltipDisplayMode.Multi}
        maxHeight={options.maxHeight}
      />
      {links.length > 0 && <VizTooltipFooter dataLinks={links} />}
    </VizTooltipWrapper>
  );
}

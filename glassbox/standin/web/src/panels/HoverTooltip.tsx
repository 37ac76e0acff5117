import { dateTimeFormat, type Field, type LinkModel } from '@grafana/data';
import {
  Portal,
  type UPlotConfigBuilder,
  VizTooltipContainer,
  VizTooltipContent,
  VizTooltipFooter,
  VizTooltipHeader,
  type VizTooltipItem,
  VizTooltipWrapper,
} from '@grafana/ui';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type uPlot from 'uplot';
import { useEscape } from '../app/useEscape';

type Links = LinkModel<Field>[];

interface Hover {
  left: number;
  top: number;
  time: number;
  row: number;
  items: VizTooltipItem[];
  /** Of a tooltip that a click has pinned. */
  links?: Links;
}

interface HoverTooltipProps {
  config: UPlotConfigBuilder;
  timeZone: string;
  /** What is at a time and a row, counted from the bottom; nothing there shows nothing. */
  describe: (time: number, row: number) => VizTooltipItem[];
  /** The data links of what is there. */
  links: (time: number, row: number) => Links;
}

const OFFSET = { x: 12, y: 12 };

/** The tooltip of plots that are drawn by hand; a click pins it where there are links. */
export function HoverTooltip({ config, timeZone, describe, links }: HoverTooltipProps) {
  const [hover, setHover] = useState<Hover>();
  const current = useRef<Hover>(undefined);
  current.current = hover;
  const callbacks = useRef({ describe, links });
  callbacks.current = { describe, links };
  useLayoutEffect(() => {
    setHover(undefined);
    config.addHook('setCursor', (plot) => {
      if (!current.current?.links) setHover(hovered(plot, callbacks.current.describe));
    });
    config.addHook('init', (plot) => {
      plot.over.addEventListener('click', () => {
        if (current.current && !current.current.links) setHover(clicked(current.current, callbacks.current.links));
      });
    });
  }, [config]);
  const pinned = Boolean(hover?.links);
  const close = useDismiss(pinned, setHover);
  useEscape(pinned ? close : undefined, true);
  if (!hover) return null;
  return (
    <Portal>
      <VizTooltipContainer
        position={{ x: hover.left, y: hover.top }}
        offset={OFFSET}
        allowPointerEvents={pinned}
        data-pinned={pinned}
      >
        <VizTooltipWrapper>
          <VizTooltipHeader item={{ label: '', value: dateTimeFormat(hover.time, { timeZone }) }} isPinned={pinned} />
          <VizTooltipContent items={hover.items} isPinned={pinned} />
          {hover.links && <VizTooltipFooter dataLinks={hover.links} />}
        </VizTooltipWrapper>
      </VizTooltipContainer>
    </Portal>
  );
}

function hovered(plot: uPlot, describe: HoverTooltipProps['describe']): Hover | undefined {
  const { left = -1, top = -1, event } = plot.cursor;
  // Another graph's pointer moves only the crosshair.
  if (left < 0 || top < 0 || !event) return undefined;
  const time = plot.posToVal(left, 'x');
  const row = Math.floor(plot.posToVal(top, 'y'));
  const items = describe(time, row);
  const box = plot.over.getBoundingClientRect();
  return items.length ? { left: box.left + left, top: box.top + top, time, row, items } : undefined;
}

/** Pinned where there are links to choose from; the one that a click opens is opened. */
function clicked(hover: Hover, linksAt: HoverTooltipProps['links']): Hover {
  const links = linksAt(hover.time, hover.row);
  const first = links.find(({ oneClick }) => oneClick);
  if (first) window.open(first.href, first.target ?? '_self');
  return first || !links.length ? hover : { ...hover, links };
}

/** Closes a pinned tooltip, also when something else is pressed. */
function useDismiss(pinned: boolean, setHover: (hover: undefined) => void): () => void {
  const close = useRef(() => setHover(undefined)).current;
  useEffect(() => {
    if (!pinned) return;
    const outside = ({ target }: MouseEvent): void => {
      if (!(target as Element).closest('[data-pinned="true"]')) close();
    };
    document.addEventListener('mousedown', outside, true);
    return () => document.removeEventListener('mousedown', outside, true);
  }, [pinned, close]);
  return close;
}

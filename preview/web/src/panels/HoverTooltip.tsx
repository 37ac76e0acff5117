import { dateTimeFormat } from '@grafana/data';
import {
  Portal,
  type UPlotConfigBuilder,
  VizTooltipContainer,
  VizTooltipContent,
  VizTooltipHeader,
  type VizTooltipItem,
  VizTooltipWrapper,
} from '@grafana/ui';
import { useLayoutEffect, useRef, useState } from 'react';

interface Hover {
  left: number;
  top: number;
  time: number;
  items: VizTooltipItem[];
}

interface HoverTooltipProps {
  config: UPlotConfigBuilder;
  timeZone: string;
  /** What is at a time and a row, counted from the bottom; nothing there shows nothing. */
  describe: (time: number, row: number) => VizTooltipItem[];
}

const OFFSET = { x: 12, y: 12 };

/** The tooltip of plots that are drawn by hand. */
export function HoverTooltip({ config, timeZone, describe }: HoverTooltipProps) {
  const [hover, setHover] = useState<Hover>();
  const describing = useRef(describe);
  describing.current = describe;
  useLayoutEffect(() => {
    config.addHook('setCursor', (plot) => {
      const { left = -1, top = -1, event } = plot.cursor;
      // Another graph's pointer moves only the crosshair.
      if (left < 0 || top < 0 || !event) return setHover(undefined);
      const time = plot.posToVal(left, 'x');
      const items = describing.current(time, Math.floor(plot.posToVal(top, 'y')));
      const box = plot.over.getBoundingClientRect();
      setHover(items.length ? { left: box.left + left, top: box.top + top, time, items } : undefined);
    });
  }, [config]);
  if (!hover) return null;
  return (
    <Portal>
      <VizTooltipContainer position={{ x: hover.left, y: hover.top }} offset={OFFSET}>
        <VizTooltipWrapper>
          <VizTooltipHeader item={{ label: '', value: dateTimeFormat(hover.time, { timeZone }) }} isPinned={false} />
          <VizTooltipContent items={hover.items} isPinned={false} />
        </VizTooltipWrapper>
      </VizTooltipContainer>
    </Portal>
  );
}

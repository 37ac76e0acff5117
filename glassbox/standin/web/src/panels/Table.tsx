import { type DataFrame, getFrameDisplayName } from '@grafana/data';
import type { TableCellHeight } from '@grafana/schema';
import { Select } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { useState } from 'react';
import { optionsOf, type PanelProps } from './props';

interface TableOptions {
  showHeader: boolean;
  cellHeight: TableCellHeight;
  frameIndex: number;
  sortBy: { displayName: string; desc?: boolean }[];
  enablePagination: boolean;
  pageSize: number;
  frozenColumns: { left?: number };
  maxRowHeight: number;
}

const CHOICE_HEIGHT = 40;

/** The first frame as a table; where there are several, people choose below it which. */
export function Table(props: PanelProps) {
  const options = optionsOf<TableOptions>(props);
  const [chosen, setChosen] = useState(options.frameIndex ?? 0);
  const { frames, width, height } = props;
  const index = Math.min(chosen, frames.length - 1);
  const frame = frames[index];
  if (!frame) return null;
  const choice = frames.length > 1;
  return (
    <>
      <TableNG
        data={frame}
        width={width}
        height={choice ? height - CHOICE_HEIGHT : height}
        noHeader={options.showHeader === false}
        sortBy={options.sortBy}
        cellHeight={options.cellHeight ?? ('sm' as TableCellHeight)}
        enablePagination={options.enablePagination}
        pageSize={options.pageSize}
        frozenColumns={options.frozenColumns?.left}
        maxRowHeight={options.maxRowHeight}
        fieldConfig={props.panel.fieldConfig}
        timeRange={props.range}
        structureRev={1}
        resizable
      />
      {choice && (
        <Select
          aria-label={props.panel.title ?? ''}
          options={frames.map((one: DataFrame, value) => ({ label: getFrameDisplayName(one, value), value }))}
          value={index}
          onChange={({ value }) => setChosen(value ?? 0)}
        />
      )}
    </>
  );
}

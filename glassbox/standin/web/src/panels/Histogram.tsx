import { buildHistogram, getFieldSeriesColor } from '@grafana/data';
import { useMemo } from 'react';
import { textOf, WithLegend } from './BarChart';
import { type BarSeries, Bars } from './Bars';
import { optionsOf, type PanelProps } from './props';

interface HistogramOptions {
  bucketCount: number;
  bucketSize: number;
  bucketOffset: number;
  combine: boolean;
}

/** How often each value came, in buckets of equal width. */
export function Histogram(props: PanelProps) {
  const { frames, panel, theme } = props;
  const { bucketCount = 30, bucketSize, bucketOffset, combine } = optionsOf<HistogramOptions>(props);
  const counted = useMemo(
    () => buildHistogram(frames, { bucketCount, bucketSize, bucketOffset, combine }),
    [frames, bucketCount, bucketSize, bucketOffset, combine],
  );
  if (!counted) return null;
  const [sample] = frames.flatMap(({ fields }) => fields.filter(({ type }) => type === 'number'));
  const series = counted.counts.map((field): BarSeries => ({
    name: field.state?.displayName ?? field.name,
    color: getFieldSeriesColor(field, theme).color,
    values: field.values,
  }));
  return (
    <WithLegend props={props} series={series}>
      {(width, height) => (
        <Bars
          categories={counted.xMin.values.map((value: number) => textOf(sample, value))}
          series={series}
          stacked
          width={width}
          height={height}
          theme={theme}
          groupWidth={1}
          fillOpacity={panel.fieldConfig?.defaults.custom?.fillOpacity ?? 80}
          format={(value) => String(Math.round(value * 100) / 100)}
        />
      )}
    </WithLegend>
  );
}

import {
  type DataFrame,
  FieldType,
  findCommonLabels,
  findUniqueLabels,
  formatLabels,
  type Labels,
  toDataFrame,
} from '@grafana/data';
import type { Series } from './answer';
import { heatmapFrame } from './heatmap';
import { seriesName } from './legend';
import type { Shape } from './shape';
import { tableFrame } from './table';

/** What Grafana makes of an answer: a frame for each series, one table, or the rows of a heatmap. */
export function framesOf(series: Series[], shape: Shape): DataFrame[] {
  if (shape.format === 'table') return [tableFrame(series, shape)];
  if (shape.format === 'heatmap') return series.length ? [heatmapFrame(series, shape)] : [];
  const names = autoNames(series, shape);
  return series.map((one, index) => seriesFrame(one, shape, names?.[index]));
}

function seriesFrame({ labels, samples }: Series, shape: Shape, autoName: string | undefined): DataFrame {
  const name = autoName ?? seriesName(shape.legendFormat, labels, shape.expr);
  return toDataFrame({
    refId: shape.refId,
    fields: [
      {
        name: 'Time',
        type: FieldType.time,
        config: shape.stepMs ? { interval: shape.stepMs } : {},
        values: samples.map(([time]) => time),
      },
      {
        name: 'Value',
        type: FieldType.number,
        labels,
        config: name === undefined ? {} : { displayNameFromDS: name },
        values: samples.map(([, value]) => value),
      },
    ],
  });
}

/** With `__auto`, series that still carry a metric's name show the labels that differ; one alone shows all of them. */
function autoNames(series: Series[], { legendFormat }: Shape): string[] | undefined {
  const all: Labels[] = series.map(({ labels }) => labels);
  if (legendFormat !== '__auto' || !all.length || !all.every((labels) => Object.hasOwn(labels, '__name__')))
    return undefined;
  const common = all.length > 1 ? findCommonLabels(all) : {};
  return all.map((labels) => formatLabels(findUniqueLabels(labels, common)));
}

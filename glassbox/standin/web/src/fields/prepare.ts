import {
  applyFieldOverrides,
  cacheFieldDisplayNames,
  type DataFrame,
  type DataTransformerConfig,
  type FieldConfigSource,
  type GrafanaTheme2,
  type InterpolateFunction,
  standardTransformers,
  standardTransformersRegistry,
  transformDataFrame,
} from '@grafana/data';
import { lastValueFrom } from 'rxjs';
import { completed } from './defaults';
import { registryFor } from './registry';

/** What dashboards of earlier versions call a transformation. */
const FORMER_IDS: Record<string, string[]> = { joinByField: ['seriesToColumns'] };

standardTransformersRegistry.setInit(() => {
  const byId = new Map(Object.values(standardTransformers).map((transformer) => [transformer.id, transformer]));
  return [...byId.values()].map((transformer) => ({
    id: transformer.id,
    aliasIds: FORMER_IDS[transformer.id],
    name: transformer.name,
    description: transformer.description,
    transformation: () => Promise.resolve(transformer),
    editor: () => null,
    imageDark: '',
    imageLight: '',
  }));
});

export interface Preparation {
  type: string;
  fieldConfig: FieldConfigSource | undefined;
  theme: GrafanaTheme2;
  timeZone: string;
  replace: InterpolateFunction;
  /** Names of the series that a click on the legend left visible; undefined shows all. */
  visible?: string[];
}

/** Run a panel's transformations; throws where one of them is unknown or fails. */
export async function transformed(
  frames: DataFrame[],
  steps: DataTransformerConfig[] | undefined,
  replace: InterpolateFunction,
): Promise<DataFrame[]> {
  const active = (steps ?? []).filter(({ disabled }) => !disabled);
  const unknown = active.find(({ id }) => !standardTransformersRegistry.getIfExists(id));
  if (unknown) throw new Error(`The transformation "${unknown.id}" is not known here.`);
  return active.length ? lastValueFrom(transformDataFrame(active, frames, { interpolate: replace })) : frames;
}

/** Give the fields of all frames their units, colours, names, thresholds, mappings and links. */
export function decorated(
  frames: DataFrame[],
  { type, fieldConfig, theme, timeZone, replace, visible }: Preparation,
): DataFrame[] {
  const config = withHidden(completed(type, fieldConfig), visible);
  const decoratedFrames = applyFieldOverrides({
    data: frames,
    fieldConfig: config,
    fieldConfigRegistry: registryFor(config),
    replaceVariables: replace,
    theme,
    timeZone,
  });
  cacheFieldDisplayNames(decoratedFrames);
  return decoratedFrames;
}

function withHidden(config: FieldConfigSource, visible: string[] | undefined): FieldConfigSource {
  if (!visible) return config;
  const rule = {
    matcher: { id: 'byNames', options: { mode: 'exclude', names: visible } },
    properties: [{ id: 'custom.hideFrom', value: { viz: true, legend: false, tooltip: true } }],
  };
  return { ...config, overrides: [...config.overrides, rule] };
}

import type { AnnotationModel } from '../dashboard/model';

/** The parameter of the address that turns an annotation query on or off. */
export const switchName = ({ name = '' }: AnnotationModel): string => `annotation-${name}`;

/** Whether an annotation query is run: as the address says, else as it is saved. */
export function isEnabled(model: AnnotationModel, parameters: URLSearchParams): boolean {
  const wanted = parameters.get(switchName(model));
  return !model.builtIn && (wanted === null ? (model.enable ?? true) : wanted === 'on');
}

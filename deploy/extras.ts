/** What somebody has added to the suite beside what its parameters name. */
import { type Hex, hexToString } from "viem";
import { imageIdOf } from "./parameters/attestation.ts";
import { modelOf } from "./parameters/compute.ts";
import type { Parameters } from "./parameters/parameters.ts";
import type { OpenBudget, SuiteState } from "./state.ts";

/** The images, shapes and models that are listed and that `parameters` do not name; an image stands for its shapes, too. */
export function extrasOf(
  { attestationRegistry, compute }: Pick<SuiteState, "attestationRegistry" | "compute">,
  parameters: Parameters,
): string[] {
  const shapesOf = new Map<Hex, readonly Hex[]>(
    parameters.attestation.workloads.map((workload) => [imageIdOf(workload), workload.shapes]),
  );
  const models = parameters.compute.models.map((model) => modelOf(model)[0]);
  return [
    ...(attestationRegistry?.listed ?? []).flatMap(({ image, shapes }) => {
      const named = shapesOf.get(image);
      if (named === undefined) return [`attestationRegistry.image ${image}`];
      const others = shapes.filter((shape) => !named.includes(shape));
      return others.map((shape) => `attestationRegistry.shape ${shape} of ${image}`);
    }),
    ...(compute?.listed ?? []).filter((id) => !models.includes(id)).map((id) => `workerRegistry.model ${nameText(id)}`),
  ];
}

/** A name of 32 bytes as text where it is such: anybody's bytes do not belong on a terminal. */
export function nameText(name: Hex): string {
  const text = hexToString(name, { size: 32 });
  return /^[\x20-\x7e]+$/.test(text) ? text : name;
}

/** What an open budget is worth, to whom, until when. */
export function budgetText({ payee, token, total, paid, end }: OpenBudget): string {
  const until = new Date(end * 1000).toISOString().slice(0, 10);
  return `${paid} of ${total} wei of ${token} paid to ${payee}, until ${until}`;
}

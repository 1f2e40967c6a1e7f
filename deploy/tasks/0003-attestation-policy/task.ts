/** What attestations must show: higher floors, and images and shapes that are listed before they are needed. */
import { concat, encodeFunctionData, keccak256 } from "viem";
import { attestationRegistryAbi } from "../../generated/abis.ts";
import { floorsOf, imageIdOf, measurementsOf, parseFloors, parseWorkloads } from "../../parameters/attestation.ts";
import { InvalidParameter, members } from "../../parameters/validate.ts";
import { readStorage } from "../storage.ts";
import type { Operation, StorageChange, Task } from "../task.ts";

interface State {
  readonly floors: ReturnType<typeof floorsOf>;
  /** In the order of the parameters. */
  readonly workloads: readonly {
    readonly image: boolean;
    readonly shapes: readonly boolean[];
    /** How many shapes the image has. */
    readonly shapeCount: number;
  }[];
}

/** Every decision lets attestations be judged anew. */
const EPOCH: StorageChange = { contract: "attestationRegistry", path: ["_policy", "epoch"] };

export function attestationPolicy(input: unknown): Task<State> {
  const file = members(input, "", ["floors", "workloads"]);
  const floors = file.floors === null ? null : floorsOf({ floors: parseFloors(file.floors, "floors") });
  const workloads = parseWorkloads(file.workloads, "workloads");
  if (floors === null && workloads.length === 0)
    throw new InvalidParameter("workloads", "must not be empty without floors");
  return {
    name: "0003-attestation-policy",
    title: "Change the attestation policy",
    isDelayed: true,
    async read(client, { contracts }, blockNumber) {
      const address = contracts.attestationRegistry;
      const at = { address, abi: attestationRegistryAbi, blockNumber } as const;
      const workloadAt = async (workload: (typeof workloads)[number]) => {
        const id = imageIdOf(workload);
        const [image, count, ...shapes] = await Promise.all([
          client.readContract({ ...at, functionName: "isImageAllowed", args: [id] }),
          readStorage(
            client,
            { contract: "attestationRegistry", address, path: ["_workloads", id, "length"] },
            blockNumber,
          ),
          ...workload.shapes.map((rtMr0) =>
            client.readContract({ ...at, functionName: "isShapeAllowed", args: [id, rtMr0] }),
          ),
        ]);
        return { image, shapes, shapeCount: Number(count) };
      };
      return {
        floors: await client.readContract({ ...at, functionName: "floors" }),
        workloads: await Promise.all(workloads.map(workloadAt)),
      };
    },
    operations(state, { contracts }) {
      const operation = (
        description: string,
        data: Operation["call"]["data"],
        changes: readonly StorageChange[],
        isInEffect: boolean,
      ): Operation => ({
        call: { to: contracts.attestationRegistry, value: 0n, data, description },
        changes: [...changes, EPOCH],
        isInEffect,
      });
      const raised =
        floors === null
          ? []
          : [
              operation(
                "raise the floors",
                encodeFunctionData({ abi: attestationRegistryAbi, functionName: "raiseFloors", args: [floors] }),
                (["minTcbDay", "minQeIsvSvn", "allowedStatuses"] as const).map((name) => ({
                  contract: "attestationRegistry",
                  path: ["_policy", name],
                  to: BigInt(floors[name]),
                  optional: state.floors[name] === floors[name],
                })),
                state.floors.minTcbDay === floors.minTcbDay &&
                  state.floors.minQeIsvSvn === floors.minQeIsvSvn &&
                  state.floors.allowedStatuses === floors.allowedStatuses,
              ),
            ];
      return [
        ...raised,
        ...workloads.flatMap((workload, i) => {
          const id = imageIdOf(workload);
          const current = state.workloads[i];
          let next = current?.shapeCount ?? 0;
          const count = next + workload.shapes.filter((_, shape) => current?.shapes[shape] !== true).length;
          return [
            operation(
              `list the image ${id}`,
              encodeFunctionData({
                abi: attestationRegistryAbi,
                functionName: "allowImage",
                args: [measurementsOf(workload)],
              }),
              [{ contract: "attestationRegistry", path: ["isImageAllowed", id], to: 1n }],
              current?.image === true,
            ),
            ...workload.shapes.map((rtMr0, shape) => {
              const key = keccak256(concat([id, rtMr0]));
              const isListed = current?.shapes[shape] === true;
              const index = isListed ? 0 : next++;
              return operation(
                `list the shape ${rtMr0} for the image ${id}`,
                encodeFunctionData({ abi: attestationRegistryAbi, functionName: "allowShape", args: [id, rtMr0] }),
                [
                  { contract: "attestationRegistry", path: ["_isWorkload", key], to: 1n },
                  { contract: "attestationRegistry", path: ["_workloads", id, "length"], to: BigInt(count) },
                  { contract: "attestationRegistry", path: ["_workloads", id, index], to: BigInt(key) },
                ],
                isListed,
              );
            }),
          ];
        }),
      ];
    },
  };
}

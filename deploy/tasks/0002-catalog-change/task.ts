/** Models of GPUs in the catalog: new ones, and other terms for listed ones. Workers keep theirs until they are restamped. */
import { type Hex, encodeFunctionData } from "viem";
import { WEIGHT_UNIT } from "../../../scripts/compute/calls.ts";
import { workerRegistryAbi } from "../../generated/abis.ts";
import { modelOf, parseModels } from "../../parameters/compute.ts";
import { members } from "../../parameters/validate.ts";
import { readStorage } from "../storage.ts";
import type { StorageChange, Task } from "../task.ts";

interface State {
  /** How many models ever were in the catalog. */
  readonly known: number;
  /** In the order of the parameters. */
  readonly models: readonly {
    readonly collateral: bigint;
    readonly weight: number;
    readonly isListed: boolean;
    readonly isKnown: boolean;
  }[];
}

export function catalogChange(input: unknown): Task<State> {
  const file = members(input, "", ["models"]);
  const models = parseModels(file.models, "models");
  return {
    name: "0002-catalog-change",
    title: "Change the catalog of models",
    isDelayed: true,
    async read(client, { contracts }, blockNumber) {
      const address = contracts.workerRegistry;
      const contract = "workerRegistry";
      const modelAt = async (id: Hex) => {
        const [listed, isKnown] = await Promise.all([
          client.readContract({ address, abi: workerRegistryAbi, functionName: "modelOf", args: [id], blockNumber }),
          readStorage(client, { contract, address, path: ["_models", id, "isKnown"] }, blockNumber),
        ]);
        return { ...listed, isKnown: isKnown === 1n };
      };
      return {
        known: Number(await readStorage(client, { contract, address, path: ["_modelNames", "length"] }, blockNumber)),
        models: await Promise.all(models.map((model) => modelAt(modelOf(model)[0]))),
      };
    },
    operations(state, { contracts }) {
      const isNew = state.models.map(({ isKnown }) => !isKnown);
      const length = state.known + isNew.filter(Boolean).length;
      let next = state.known;
      return models.flatMap((model, i) => {
        const [id, collateral, weight] = modelOf(model);
        const current = state.models[i];
        if (current === undefined) return [];
        const data = encodeFunctionData({
          abi: workerRegistryAbi,
          functionName: "setModel",
          args: [id, collateral, weight],
        });
        const ofModel = (member: string, from: bigint, to: bigint): StorageChange => ({
          contract: "workerRegistry",
          path: ["_models", id, member],
          to,
          optional: from === to,
        });
        const index = isNew[i] ? next++ : undefined;
        return [
          {
            call: {
              to: contracts.workerRegistry,
              value: 0n,
              data,
              description: `list the model ${model.name}: ${model.collateral} vPHA, weight ${weight / WEIGHT_UNIT}`,
            },
            changes: [
              ofModel("collateral", current.collateral, collateral),
              ofModel("weight", BigInt(current.weight), BigInt(weight)),
              ofModel("isListed", current.isListed ? 1n : 0n, 1n),
              ...(index === undefined
                ? []
                : [
                    ofModel("index", 0n, BigInt(index)),
                    ofModel("isKnown", 0n, 1n),
                    {
                      contract: "workerRegistry",
                      path: ["_modelNames", "length"],
                      to: BigInt(length),
                    } satisfies StorageChange,
                    {
                      contract: "workerRegistry",
                      path: ["_modelNames", index],
                      to: BigInt(id),
                    } satisfies StorageChange,
                  ]),
            ],
            isInEffect: current.isListed && current.collateral === collateral && current.weight === weight,
          },
        ];
      });
    },
  };
}

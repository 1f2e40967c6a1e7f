/**
 * The contracts of Safe v1.5.0, from the artifacts of its npm package, where they are on every chain: the singleton factory
 * puts them there with the salt 0.
 *
 * The singleton is `Safe`, not `SafeL2`: that one writes every transaction into its events as well, for services that cannot
 * trace calls. On Ethereum they can, and each execution would cost more.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Address, type Hex, isHex, zeroHash } from "viem";
import type { Call } from "../call.ts";
import { FACTORY, create2Address, create2Data } from "../factory.ts";

export const SAFE_VERSION = "1.5.0";

const FOLDER = path.join(
  path.dirname(fileURLToPath(import.meta.resolve("@safe-global/safe-smart-account/package.json"))),
  "build/artifacts/contracts",
);

/** Creation bytecode of a contract of the package, such as `Safe.sol/Safe`. */
function safeCode(source: string): Hex {
  const { bytecode } = JSON.parse(readFileSync(path.join(FOLDER, `${source}.json`), "utf8")) as { bytecode: unknown };
  if (!isHex(bytecode)) throw new Error(`${source} of @safe-global/safe-smart-account has no bytecode`);
  return bytecode;
}

export interface SafeContract {
  readonly name: string;
  readonly address: Address;
  readonly initCode: Hex;
}

function canonical(source: string): SafeContract {
  const initCode = safeCode(source);
  return { name: path.basename(source), address: create2Address(initCode, zeroHash), initCode };
}

/** What a Safe needs on its chain. */
export const SAFE_CONTRACTS = {
  singleton: canonical("Safe.sol/Safe"),
  proxyFactory: canonical("proxies/SafeProxyFactory.sol/SafeProxyFactory"),
  fallbackHandler: canonical("handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler"),
  multiSendCallOnly: canonical("libraries/MultiSendCallOnly.sol/MultiSendCallOnly"),
} as const;

/** Creation bytecode of a Safe's proxy, without its argument. */
export const PROXY_CODE = safeCode("proxies/SafeProxy.sol/SafeProxy");

/** The call that puts `contract` where it belongs. */
export function installationCall({ name, address, initCode }: SafeContract): Call {
  return {
    to: FACTORY,
    data: create2Data(initCode, zeroHash),
    value: 0n,
    description: `deploy ${name} ${SAFE_VERSION} at ${address}`,
  };
}

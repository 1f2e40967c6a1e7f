/**
 * CREATE2 through the Safe singleton factory: an address follows from bytecode, arguments and salt alone, whoever sends
 * the transaction and whatever was sent before. On a chain without it, it is installed by its presigned transaction.
 */
import { getSingletonFactoryInfo } from "@safe-global/safe-singleton-factory";
import { type Address, type Hex, concatHex, getContractAddress, isHex, keccak256, stringToHex } from "viem";

/** The same on every chain that has it. */
export const FACTORY: Address = "0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7";

/** A new version of the suite beside an old one with the same code needs another salt. */
export const SALT: Hex = keccak256(stringToHex("phala protocol suite 1"));

/** Where the factory puts `initCode`. */
export function create2Address(initCode: Hex, salt = SALT): Address {
  return getContractAddress({ opcode: "CREATE2", from: FACTORY, salt, bytecode: initCode });
}

/** What the factory is sent to create `initCode`. */
export function create2Data(initCode: Hex, salt = SALT): Hex {
  return concatHex([salt, initCode]);
}

export interface FactoryInstallation {
  /** Presigned, serialised. */
  readonly transaction: Hex;
  readonly signer: Address;
  /** Wei of the native currency that the signer must have. */
  readonly cost: bigint;
}

/** How to install the factory on `chainId`. Throws where nobody signed for that chain. */
export function factoryInstallation(chainId: number): FactoryInstallation {
  const info = getSingletonFactoryInfo(chainId);
  if (info === undefined || info.address !== FACTORY || !isHex(info.transaction) || !isHex(info.signerAddress)) {
    throw new Error(
      `chain ${chainId} has no Safe singleton factory at ${FACTORY}, and no presigned transaction for it`,
    );
  }
  return {
    transaction: info.transaction,
    signer: info.signerAddress,
    cost: BigInt(info.gasPrice) * BigInt(info.gasLimit),
  };
}

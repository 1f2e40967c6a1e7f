/** The worker's key and the payer's: derived by dstack, or in a file on the guest's encrypted disk. */
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Hex, isHash } from "viem";
import { type PrivateKeyAccount, generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { AgentConfig, KeySource } from "./config.ts";
import type { Guest } from "./guest.ts";
import type { Secrets } from "./log.ts";

/** The key in `file`; a new one if there is no such file. Two that start at once end up with the same. */
export function keyInFile(file: string): Hex {
  const read = (): Hex | undefined => {
    let text: string;
    try {
      text = readFileSync(file, "utf8").trim();
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw error;
    }
    if (!isHash(text)) throw new Error(`${file} holds no private key (0x and 64 hexadecimal digits)`);
    if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) {
      throw new Error(`${file} can be read by others: it needs the mode 600`);
    }
    return text;
  };
  const found = read();
  if (found !== undefined) return found;
  mkdirSync(path.dirname(file), { recursive: true });
  const partial = `${file}.${process.pid}.new`;
  writeFileSync(partial, `${generatePrivateKey()}\n`, { mode: 0o600, flag: "wx", flush: true });
  try {
    // Whole or not at all, and never over a key that is there.
    linkSync(partial, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(partial);
  }
  const written = read();
  if (written === undefined) throw new Error(`${file} is gone`);
  return written;
}

async function keyFrom(source: KeySource, guest: Guest): Promise<Hex> {
  if (source.source === "file") return keyInFile(source.file);
  // All instances of an application derive the same keys: the instance makes it this machine's.
  return guest.deriveKey(`${source.path}/${await guest.instanceId()}`);
}

/** Loads both keys; from then on, neither appears in what is logged. */
export async function loadKeys(
  config: Pick<AgentConfig, "key" | "payer">,
  guest: Guest,
  secrets: Secrets,
): Promise<{ worker: PrivateKeyAccount; payer: PrivateKeyAccount }> {
  const load = async (source: AgentConfig["payer"]): Promise<PrivateKeyAccount> => {
    const key = source.source === "environment" ? source.privateKey : await keyFrom(source, guest);
    secrets.add(key);
    return privateKeyToAccount(key);
  };
  return { worker: await load(config.key), payer: await load(config.payer) };
}

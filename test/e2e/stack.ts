/** The page in front of what runs. */
import { readManifest } from "../../deploy/manifest.ts";
import { chainClient } from "../../scripts/devnet/chain.ts";
import { webConfig } from "../../scripts/web/config.ts";
import { startWebServer } from "../../scripts/web/server.ts";
import { Relay } from "./relay.ts";
import type { Running } from "./start.ts";

export type Stack = Awaited<ReturnType<typeof servePage>>;

/** Serves the page of what runs; it talks to the chain through `relay`. */
export async function servePage({ chainPort, indexerUrl, manifest: file, page, blockTime }: Running) {
  const manifest = readManifest(file);
  const relay = new Relay(chainPort);
  await relay.open();
  const chain = { name: "Local chain", currency: { name: "Ether", symbol: "ETH" }, explorerUrl: null };
  const config = webConfig(manifest, { ...chain, rpcUrl: relay.url, blockTime }, indexerUrl);
  const server = await startWebServer({ folder: page, port: 0, config });
  const rpcUrl = `http://127.0.0.1:${chainPort}`;
  const stop = async () => {
    await server.stop();
    await relay.cut();
  };
  return { url: server.url, rpcUrl, indexerUrl, client: chainClient(rpcUrl), manifest, relay, stop };
}

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { WagmiProvider } from "wagmi";
import { Router } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import { wagmiConfigOf } from "../chain/wagmi.ts";
import type { Config } from "../config/shape.ts";
import { ConfigProvider } from "../config/context.ts";
import { Shell } from "./Shell.tsx";

export function App({ config }: { config: Config }) {
  const [wagmi] = useState(() => wagmiConfigOf(config));
  const [queries] = useState(
    () =>
      new QueryClient({
        // A node on the same machine answers without any network, too; and what cannot be reached is said.
        defaultOptions: { queries: { staleTime: config.chain.blockTime * 1000, networkMode: "always" } },
      }),
  );
  return (
    <ConfigProvider value={config}>
      <WagmiProvider config={wagmi}>
        <QueryClientProvider client={queries}>
          <Router hook={useHashLocation}>
            <Shell />
          </Router>
        </QueryClientProvider>
      </WagmiProvider>
    </ConfigProvider>
  );
}

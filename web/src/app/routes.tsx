/** The screens; each is loaded when it is first shown, but the first. */
import { type ComponentType, lazy } from "react";
import { StakeScreen } from "../screens/StakeScreen.tsx";

export interface Route {
  readonly path: string;
  /** In the navigation; null for a screen that is reached from another. */
  readonly name: string | null;
  readonly screen: ComponentType;
}

export const ROUTES: readonly Route[] = [
  { path: "/", name: "Stake", screen: StakeScreen },
  {
    path: "/position",
    name: "Position",
    screen: lazy(async () => ({ default: (await import("../screens/PositionScreen.tsx")).PositionScreen })),
  },
  {
    path: "/vault",
    name: "Vault",
    screen: lazy(async () => ({ default: (await import("../screens/VaultScreen.tsx")).VaultScreen })),
  },
  {
    path: "/supply",
    name: "Supply",
    screen: lazy(async () => ({ default: (await import("../screens/SupplyScreen.tsx")).SupplyScreen })),
  },
  {
    path: "/workers",
    name: "Workers",
    screen: lazy(async () => ({ default: (await import("../screens/WorkersScreen.tsx")).WorkersScreen })),
  },
  {
    path: "/workers/:worker",
    name: null,
    screen: lazy(async () => ({ default: (await import("../screens/WorkerScreen.tsx")).WorkerScreen })),
  },
  {
    path: "/operate",
    name: "Operate",
    screen: lazy(async () => ({ default: (await import("../screens/OperateScreen.tsx")).OperateScreen })),
  },
  {
    path: "/operate/register",
    name: null,
    screen: lazy(async () => ({ default: (await import("../screens/RegisterScreen.tsx")).RegisterScreen })),
  },
  {
    path: "/network",
    name: "Network",
    screen: lazy(async () => ({ default: (await import("../screens/NetworkScreen.tsx")).NetworkScreen })),
  },
  {
    path: "/governance",
    name: "Governance",
    screen: lazy(async () => ({ default: (await import("../screens/GovernanceScreen.tsx")).GovernanceScreen })),
  },
];

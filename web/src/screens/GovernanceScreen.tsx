/** What is decided, by whom, and when it takes effect. */
import { Operations } from "./governance/Operations.tsx";
import { Parameters } from "./governance/Parameters.tsx";
import { Roles } from "./governance/Roles.tsx";
import { Votes } from "./governance/Votes.tsx";

export function GovernanceScreen() {
  return (
    <>
      <h1>Governance</h1>
      <Operations />
      <Votes />
      <Roles />
      <Parameters />
    </>
  );
}

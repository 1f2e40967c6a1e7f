/** The manifest that the indexer was started with. */
import { manifestPath, readDeployment } from "../deployment.ts";

export const deployment = readDeployment(manifestPath(process.env));

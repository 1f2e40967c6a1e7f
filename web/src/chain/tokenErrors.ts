/** What the vault and its token refuse with, for calls of contracts that call them. */
import { vphaAbi } from "../../../deploy/generated/abis.ts";

export const TOKEN_ERRORS = vphaAbi.filter(({ type }) => type === "error");

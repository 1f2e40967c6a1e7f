/** Variable of the environment: how far a process stands back where processors are scarce, from 0 (not at all) to 19. */
export const NICENESS = "PHALA_NICENESS";

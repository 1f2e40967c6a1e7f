// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEmissionVault} from "../../contracts/interfaces/IEmissionVault.sol";
import {Stream} from "../../contracts/types/Stream.sol";

/// @notice Reads many seconds of the emission in one call, so that a differential test can afford thousands of them.
contract EmissionProbe {
    /// @return values Per timestamp: emitted, and what of it the stakers, the workers and the treasury got.
    function curve(
        IEmissionVault vault,
        uint256[] calldata timestamps
    ) external view returns (uint256[4][] memory values) {
        values = new uint256[4][](timestamps.length);
        for (uint256 i = 0; i < timestamps.length; ++i) {
            values[i] = [
                vault.emitted(timestamps[i]),
                vault.emittedTo(Stream.Stakers, timestamps[i]),
                vault.emittedTo(Stream.Workers, timestamps[i]),
                vault.emittedTo(Stream.Treasury, timestamps[i])
            ];
        }
    }
}

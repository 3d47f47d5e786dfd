# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""What the end-to-end tests stand on; the tests themselves read like facts."""

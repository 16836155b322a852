"""The visits that can be recorded, one file each.  README.md tells how to add one."""

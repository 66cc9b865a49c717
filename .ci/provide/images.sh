# What builds images, and what makes the base that they are built on: none can be pulled. The test makes the base once.
need buildah buildah
need debootstrap debootstrap
need unshare util-linux

#!/usr/bin/env bash
if true; then
    echo 'no end'

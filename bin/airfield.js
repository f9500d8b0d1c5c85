#!/usr/bin/env node
// Links that npx made of earlier versions lead here.
import "./airfield.cjs";
